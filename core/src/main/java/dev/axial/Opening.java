package dev.axial;

/** How a reference on disk is opened. */
public enum Opening {
  /** All pages are compared with their checksums first; see {@link NamedRef#verify}. */
  VERIFY
}
