package dev.axial;

/**
 * Which part of an array or reference is meant along one axis. Made by the methods of {@link Axis}
 * and their namesakes in {@link Axial} that take a name.
 */
public sealed interface Selection permits Selections.Item {}
