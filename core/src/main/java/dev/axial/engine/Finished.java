package dev.axial.engine;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Waits for what must come to its end, whoever interrupts. */
public final class Finished {
  private Finished() {}

  /** The result; an interrupt meanwhile is handed on afterwards. */
  public static <T> T get(Future<T> of) throws ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return of.get();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
