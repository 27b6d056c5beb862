package dev.axial;

/** The name of an existing axis. */
public record AxisName(String name) implements AxisSelector {}
