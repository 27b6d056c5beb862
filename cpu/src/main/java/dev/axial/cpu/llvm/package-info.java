/**
 * LLVM: the C API through the foreign-function API, the library's file, the cache of compiled
 * objects, and the text of modules.
 *
 * <p>{@link dev.axial.cpu.llvm.Features} says which features of a processor code may use: those
 * that are tested, at most. {@link dev.axial.cpu.llvm.CacheFolder} keeps code between processes,
 * where nobody but this user can have written it; docs/trust.md has what is checked.
 *
 * <p>{@link dev.axial.cpu.llvm.Asm} writes the text of functions; {@link
 * dev.axial.cpu.llvm.ObjectCache} turns a module's text into addresses, by the caches or by {@link
 * dev.axial.cpu.llvm.Llvm}. Every module is verified before code is generated, since invalid input
 * would end the process.
 */
@NullMarked
package dev.axial.cpu.llvm;

import org.jspecify.annotations.NullMarked;
