/** Short programs, each about one idea, that run as tests and are the samples of the guide. */
@NullMarked
package dev.axial.examples;

import org.jspecify.annotations.NullMarked;
