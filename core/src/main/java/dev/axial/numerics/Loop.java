package dev.axial.numerics;

/** One operation on the first n elements of registers, which are arrays. */
interface Loop {
  void run(Object[] registers, int n);
}
