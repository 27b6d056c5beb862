package dev.axial.numerics;

import java.util.Arrays;

/**
 * The coefficients of the polynomials, lowest power first, as {@code oracles/fit_functions.py}
 * prints them. Those of float32 are float32 numbers.
 */
final class Coefficients {
  private Coefficients() {}

  /** The lowest powers, then the others. */
  static double[] with(double[] others, double... lowest) {
    double[] c = Arrays.copyOf(lowest, lowest.length + others.length);
    System.arraycopy(others, 0, c, lowest.length, others.length);
    return c;
  }

  /** (exp(r) - 1 - r) / r^2. */
  static final double[] EXP32 = {
    0x1.0p-1, 0x1.555488p-3, 0x1.5554e2p-5, 0x1.123fb4p-7, 0x1.6d53e2p-10
  };

  /** (exp(r) - 1 - r) / r^2. */
  static final double[] EXP64 = {
    0x1.0p-1,
    0x1.555555555555cp-3,
    0x1.5555555552fffp-5,
    0x1.111111110e9efp-7,
    0x1.6c16c17d5b332p-10,
    0x1.a01a01b44afedp-13,
    0x1.a019a96d62252p-16,
    0x1.71ddee6189277p-19,
    0x1.28a130142f022p-22,
    0x1.af6e9ee2addedp-26
  };

  /** expm1(2 r) / r. */
  static final double[] TANH32 = {
    0x1.0p1, 0x1.5554a8p0, 0x1.5554eep-1, 0x1.122d42p-2, 0x1.6d467cp-4
  };

  /** (log(1 + f) - f) / f^2. */
  static final double[] LOG32 = {
    -0x1.0p-1,
    0x1.555558p-2,
    -0x1.ffff06p-3,
    0x1.9996dap-3,
    -0x1.559a78p-3,
    0x1.2504bcp-3,
    -0x1.f3643cp-4,
    0x1.b7344ep-4,
    -0x1.075f98p-3,
    0x1.f06756p-4
  };

  /** (log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2. */
  static final double[] LOG64 = {
    0x1.5555555555595p-1,
    0x1.999999997f197p-2,
    0x1.249249428fe16p-2,
    0x1.c71c518da1c89p-3,
    0x1.746657c6519bcp-3,
    0x1.399f3e11b0ad9p-3,
    0x1.2f1e74e0ad50dp-3
  };

  /** the same after its first term, 2/3. */
  static final double[] POW64 = {
    0x1.9999999999995p-2,
    0x1.2492492493157p-2,
    0x1.c71c71c562da7p-3,
    0x1.745d183ecf8dcp-3,
    0x1.3b135fb7f4126p-3,
    0x1.11211ebc97ff1p-3,
    0x1.de240aae6feb7p-4,
    0x1.eb88bb74a01f7p-4
  };

  /** (sin(r) - r) / r^3 in r^2, for r up to pi/2. */
  static final double[] SIN32 = {
    -0x1.555556p-3, 0x1.11113p-7, -0x1.a0212p-13, 0x1.726e06p-19, -0x1.ad90aap-26
  };

  /** (sin(r) - r) / r^3 in r^2. */
  static final double[] SIN64 = {
    -0x1.5555555555548p-3,
    0x1.111111110f77cp-7,
    -0x1.a01a019bf7b7ap-13,
    0x1.71de356491acbp-19,
    -0x1.ae5e590de3487p-26,
    0x1.5d8f9380c52e9p-33
  };

  /** (cos(r) - 1 + r^2 / 2) / r^4 in r^2. */
  static final double[] COS64 = {
    0x1.555555555554bp-5,
    -0x1.6c16c16c1504ap-10,
    0x1.a01a019c974b8p-16,
    -0x1.27e4f7f8c01f8p-22,
    0x1.1ee9e13bdbf9ap-29,
    -0x1.8fa97fffb3dcap-37
  };

  /** sin(pi d) / d in d^2. */
  static final double[] SINPI64 = {
    0x1.921fb54442d18p1,
    -0x1.4abbce625be32p2,
    0x1.466bc677598f4p1,
    -0x1.32d2cce59cc45p-1,
    0x1.5078343a8cec7p-4,
    -0x1.e3071ead8ed2ap-8,
    0x1.e8e14cd66b76ep-12,
    -0x1.6b5bf7e7d6d6bp-16,
    0x1.2d13d36950f5ep-22,
    0x1.b90fe7adc53bep-22
  };

  /** (atan(t) - t) / t^3 in t^2. */
  static final double[] ATAN64 = {
    -0x1.5555555555554p-2,
    0x1.99999999995bap-3,
    -0x1.2492492471e3ep-3,
    0x1.c71c71b5d9de4p-4,
    -0x1.745d148ce9987p-4,
    0x1.3b136aaf7b86p-4,
    -0x1.110c448391322p-4,
    0x1.e16ec7e2735d8p-5,
    -0x1.ab6a77fbf4d5fp-5,
    0x1.70a59b71ea2p-5,
    -0x1.119c229fbe0abp-5,
    0x1.ef97bb19b0756p-7
  };

  /** (asin(x) - x) / x^3 in x^2. */
  static final double[] ASIN64 = {
    0x1.5555555555577p-3,
    0x1.333333332e1d7p-4,
    0x1.6db6db72067c3p-5,
    0x1.f1c71a9a612bcp-6,
    0x1.6e8bde357e3ffp-6,
    0x1.1c49fd309612cp-6,
    0x1.ca1e4bde65f16p-7,
    0x1.759020e3f57d1p-7,
    0x1.60fff6c6f49f2p-7,
    0x1.e995aa7ea282cp-9,
    0x1.627f8e45fcf05p-6,
    -0x1.5667f5d274d99p-6,
    0x1.0ac783d4e1577p-5
  };

  /** erf(x) / x - 1 in x^2. */
  static final double[] ERF32 = {
    0x1.06eba8p-3,
    -0x1.81274p-2,
    0x1.ce2d5p-4,
    -0x1.b7fe8ep-6,
    0x1.542deep-8,
    -0x1.a5099ep-11,
    0x1.4c2f4cp-14
  };

  /** erf(x) / x - 1 in x^2. */
  static final double[] ERF64 = {
    0x1.06eba8214db69p-3,
    -0x1.812746b0379fdp-2,
    0x1.ce2f21a04362dp-4,
    -0x1.b82ce312abefep-6,
    0x1.565bcd1298e84p-8,
    -0x1.c02db49afb8cbp-11,
    0x1.f9a335368c5f6p-14,
    -0x1.f4d3335ad34d6p-17,
    0x1.b9ee92f3c52p-20,
    -0x1.5f9810fc0cc3fp-23,
    0x1.fc77ba102e001p-27,
    -0x1.4675d488fef9fp-30,
    0x1.296e609a1cbd9p-34
  };

  /** log2(erfc(a)), for a from 1 to 4. */
  static final double[] ERFTAIL32 = {
    -0x1.c6d33ap-12,
    -0x1.a053f2p0,
    -0x1.d72d04p-1,
    -0x1.31502p-3,
    0x1.035b34p-5,
    -0x1.192edep-8,
    0x1.1df396p-12
  };

  /** -2^r. */
  static final double[] EXP2TAIL32 = {
    -0x1.000002p0, -0x1.62e43p-1, -0x1.ebf8a6p-3, -0x1.c6af7p-5, -0x1.3d2478p-7, -0x1.5f0f3ep-10
  };

  /** (1 + 2 a) exp(a^2) erfc(a) in (a - 4) / (a + 4). */
  static final double[] ERFC64 = {
    0x1.3ba5916e9fd7fp0,
    -0x1.1df1ad154a28fp-3,
    0x1.f7f5df66fc821p-7,
    0x1.16ecefcfa541dp-4,
    -0x1.9ddb23c3e3a54p-4,
    0x1.7fee004e116cbp-4,
    -0x1.0fb06dfeb82b8p-4,
    0x1.3079edf694aa8p-5,
    -0x1.096238714c047p-6,
    0x1.49c67285e8326p-8,
    -0x1.8d4aab28a3ed6p-11,
    -0x1.a1df2a381e357p-13,
    0x1.3be172cff6e7bp-13,
    -0x1.9957ed76fbecep-16,
    -0x1.78bd8bd4d019fp-17,
    0x1.7f117320801d1p-18,
    0x1.472f34731552p-22,
    -0x1.b93f5b47d45cfp-21,
    0x1.081c8248dae84p-24,
    0x1.c3a52c034d42fp-24,
    -0x1.305b1dcce1aa7p-27,
    -0x1.61fb06f8abefdp-27,
    -0x1.e6b1d1fa3ee7cp-31
  };

  /** lgamma(2 + t) / t. */
  static final double[] LGAMMA64 = {
    0x1.b0ee6072093cep-2,
    0x1.4a34cc4a60fa6p-2,
    -0x1.13e001a55759ep-4,
    0x1.51322ac7d87cdp-6,
    -0x1.e404fc21b2a8p-8,
    0x1.7add6ead48dedp-9,
    -0x1.38ac5c161e03cp-10,
    0x1.0b36afbf31983p-11,
    -0x1.d3fd5b592b1f1p-13,
    0x1.a1278ef7d3b32p-14,
    -0x1.78db4fb57a04dp-15,
    0x1.581413bf133a2p-16,
    -0x1.3d20bc9e0bacdp-17,
    0x1.24da54e0255ffp-18,
    -0x1.09935e659a82p-19,
    0x1.0eb1823e3683bp-20,
    -0x1.58ba86eb8a96bp-21,
    0x1.c3beeaa71f5a9p-25,
    0x1.068d5ae807ce6p-22,
    0x1.53fc864126e03p-22,
    -0x1.3764807ba3754p-22,
    -0x1.89ca92f59b733p-23
  };

  /** r^(-1/3). */
  static final double[] CBRT64 = {
    0x1.0ea99aa54247p1,
    -0x1.990a001ce07e1p1,
    0x1.25b033045723dp2,
    -0x1.12e738534f3e4p2,
    0x1.3d6400bce5548p1,
    -0x1.9bece992fc4a4p-1,
    0x1.ccb537de8d4cep-4
  };

  /** digamma(x) / (x - root) in x - 3/2. */
  static final double[] DIGAMMA64 = {
    0x1.e6f0cbb873617p-1,
    -0x1.b1cb63005ee98p-2,
    0x1.eca189b8e6b59p-3,
    -0x1.2feeeb98a7961p-3,
    0x1.8512e5907602dp-4,
    -0x1.fb44202a1bd18p-5,
    0x1.4de9a9fe0b2d2p-5,
    -0x1.b9f8b11dba4e1p-6,
    0x1.2564773b32227p-6,
    -0x1.863563b6477b1p-7,
    0x1.03bfe4d8fa9ecp-7,
    -0x1.5a06ab358c285p-8,
    0x1.cd42cb6b0c902p-9,
    -0x1.336d71fa9f401p-9,
    0x1.97e092a4fd838p-10,
    -0x1.0fb647d696ac9p-10,
    0x1.7c6890ec51c4ep-11,
    -0x1.fd6f4b74fd743p-12,
    0x1.d42398fe336dbp-13,
    -0x1.30121b6be52fp-13,
    0x1.13831df508728p-12,
    -0x1.757b2cbfb692dp-13
  };
}
