/**
 * From a program to loops and buffers.
 *
 * <p>{@link dev.axial.cpu.plan.Planner} walks a program once and gives a {@link
 * dev.axial.cpu.plan.Block} of {@link dev.axial.cpu.plan.Step}s. Every array value is a {@link
 * dev.axial.cpu.plan.Node}; it is <em>scalar</em> (computed once, in its place, in registers),
 * <em>in memory</em> (it has a {@link dev.axial.cpu.plan.Mem}), or <em>virtual</em>: computed where
 * a loop asks for one of its elements. A {@link dev.axial.cpu.plan.Nest} is a group of roots, that
 * is stores, reductions and accesses to references, under common outer loops; its {@link
 * dev.axial.cpu.plan.Stage}s follow one another for each point of these.
 *
 * <p>A read of a reference is virtual too, until something writes the reference: what is still
 * needed then is copied first, unless the write itself is what needs it and touches the same places
 * in the same iteration. So a window is copied, never the reference.
 */
@NullMarked
package dev.axial.cpu.plan;

import org.jspecify.annotations.NullMarked;
