/**
 * One definition of each function's numerics: {@code exp}, {@code tanh}, {@code lgamma} … as
 * expansions into operations that every machine does alike.
 *
 * <p>A library function gives different last bits on each platform, and a compiler that has its own
 * gives others still. So the functions are data here: an {@link dev.axial.numerics.Expansion} is a
 * straight line of steps, each of them exact or rounded once in the one way that IEEE 754 allows
 * (sums, products, fma, square roots, comparisons, bits). The interpreter runs the steps over
 * arrays with {@link dev.axial.numerics.Evaluator}; another engine emits an instruction for each.
 * Both give the same bits, except for the sign and the payload of a NaN, which nobody may rely on.
 * The price is that nothing may be reassociated or contracted: the steps are what is computed.
 *
 * <p>There is no control flow, because vectors have none: what differs by region is computed for
 * each region and selected. Where one region is common and the others dear (a sine of a number
 * beyond {@code 2^16}), an expansion carries a cheap variant and its guard.
 *
 * <p>How a function is approximated stands with its code: a reduction of the argument, a polynomial
 * whose coefficients {@code oracles/fit_functions.py} fitted, and how the parts go together again.
 * {@code Expansion} has the table of the errors, which a test measures.
 */
@NullMarked
package dev.axial.numerics;

import org.jspecify.annotations.NullMarked;
