/**
 * The samples of the guide, a class for each page. {@code DocumentationTest} checks that the pages
 * show these regions and what these methods print.
 */
@NullMarked
package dev.axial.examples.guide;

import org.jspecify.annotations.NullMarked;
