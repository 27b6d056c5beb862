/**
 * Programs and arrays as pages: each one file that asks for nothing else, readable without scripts,
 * on a phone, by day and by night.
 *
 * <p>{@link dev.axial.html.ProgramPage} shows a program: nested blocks, effects, lines of the
 * user's source, and what an engine makes of it. {@link dev.axial.html.ArrayPage} shows numbers: a
 * {@link dev.axial.html.Summary}, and heat maps of a {@link dev.axial.html.Grid} of cells, with a
 * selection drawn on them. {@link dev.axial.html.Page} is what both share. Style and scripts are
 * resources of this package and go into the page. All rules of style begin with the class of the
 * page's own element, so a page may also be put into another one, such as a notebook.
 *
 * <p>Nothing from outside goes into a page but through {@link dev.axial.html.Page#text}.
 */
@NullMarked
package dev.axial.html;

import org.jspecify.annotations.NullMarked;
