package dev.axial.cpu.runtime;

import dev.axial.engine.Store;

/** A reference that one program made and another one goes on with. */
record NativeRef(Store store) {}
