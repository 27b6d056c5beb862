/**
 * What every engine implements, and the memory that engines and the API share.
 *
 * <p>An {@link dev.axial.engine.Engine} turns a program into an {@link
 * dev.axial.engine.Executable}. Arrays come and go as {@link dev.axial.engine.Store}s, which nobody
 * writes after they are made; references as {@link dev.axial.engine.Storage}s, which an executable
 * updates in place while the caller holds their locks. {@link dev.axial.engine.Pool} owns native
 * memory: a budget, recycling, and scopes.
 */
@NullMarked
package dev.axial.engine;

import org.jspecify.annotations.NullMarked;
