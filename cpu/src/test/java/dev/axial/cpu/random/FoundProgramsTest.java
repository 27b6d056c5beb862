package dev.axial.cpu.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.ir.Program;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs on which the engines once differed, small as they were found. */
class FoundProgramsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        // A value that lies in a reference, is carried through a loop, and is wanted after a write.
        """
        program(v0: f32[], v1: ref f32[e:16, d:1], v2: i32[d:1, e:16], v3: f32[e:16, d:1]) {
          v4: i32[] = const 0
          v5: f32[e:16, d:1] = exp v3
          ref_set[access={}, reverse=false] v1, v5
          v6: i32[], v7: f32[e:16, d:1] = while[condition=program(v8: i32[], v9: f32[e:16, d:1]) {
            v10: i32[] = const 1
            v11: bool[] = lt v8, v10
            return v11
          }, body=program(v12: i32[], v13: f32[e:16, d:1]) {
            v14: i32[] = const 1
            v15: i32[] = add v12, v14
            return v15, v13
          }, carry=2] v4, v5
          ref_set[access={d@, e@}, reverse=true] v1, v0, v2, v2
          return v7
        }
        """,
        // Two loops read a product that goes down to the first of them.
        """
        program(v0: f32[c:2], v1: f32[k:2, c:2], v2: f32[r:1, k:2, n:129]) {
          v3: f32[] = const 0.0
          v4: f32[r:1, n:129, c:2] = dot[axes=[k]] v2, v1
          v5: f32[r:1, n:129, c:2] = add v4, v3
          v6: f32[c:2] = exp v0
          v7: f32[r:1, n:129, c:2] = add v5, v6
          v8: f32[r:1, c:2] = reduce[fn=MAX, axes=[n]] v7
          v9: f32[r:1, n:129] = reduce[fn=MIN, axes=[c]] v7
          v10: f32[r:1, c:2] = neg v8
          return v9, v10
        }
        """,
        // A product of merged axes that are a view, and are copied into another order.
        """
        program(v0: f32[d:7, e:3, a:1]) {
          v1: f32[d:7, e:3, b:25, a:1] = broadcast[dims=[d:7, e:3, b:25, a:1]] v0
          v2: f32[d:7, e:3, b:25, a:1] = scan[body=program(v3: i32[], v4: f32[d:7, e:3, b:25, a:1]) {
            return v4
          }, length=1, carry=1, reverse=true] v1
          v5: f32[d:7, e:3, b:25, a:1] = stop_gradient v2
          v6: f32[d:7, e:3, b:25, a:1] = merge[axes=[a], to=a] v5
          v7: f32[d:7, a:1] = dot[axes=[e, b]] v6, v5
          return v7
        }
        """,
        // Two results of one operation, one of them stored, and what both read is written after.
        """
        program(v0: key[a:2], v1: ref u32[a:2, c:3]) {
          v2: u32[a:2, c:3] = ref_get[access={}, mode=DROP] v1
          v3: u32[a:2, c:3], v4: u32[a:2, c:3] = threefry v0, v2, v2
          v5: u32[a:2, c:3] = ref_swap[access={}, edge=CLAMP, reverse=false] v1, v3
          scan[body=program(v6: i32[], v7: u32[a:2, c:3]) {
            return
          }, length=0, carry=0, reverse=false] v3
          return v4
        }
        """,
        // A scalar that comes from memory, after a product.
        """
        program(v0: u32[], v1: i32[n:65, b:8]) {
          v2: i32[b:8] = dot[axes=[n]] v1, v1
          v3: u32[] = scatter_add[access={}, mode=CLAMP] v0, v0
          return v2, v3
        }
        """,
        // A divided sum whose result keeps an axis of size 1.
        """
        program(v0: f32[a:25, b:12], v1: f32[c:146, e:1]) {
          v2: f32[e:1] = dot[axes=[c, b, a]] v1, v0
          return v2
        }
        """,
        // A value that is computed before the reference is made that it is set to.
        """
        program(v0: f32[e:3]) {
          v1: f32[e:3] = logistic v0
          v2: f32[e:3] = fma v0, v1, v1
          v3: ref f32[e:3] = ref_new v2
          ref_set[access={}, reverse=false] v3, v1
          v4: f32[e:3] = ref_get[access={}, mode=CLAMP] v3
          return v4
        }
        """,
        """
        program(v0: i32[d:1], v1: i32[d:1]) {
          v2: i32[d:1] = rem v0, v0
          v3: i32[d:1] = or v0, v2
          v4: ref i32[d:1] = ref_new v1
          ref_set[access={}, reverse=true] v4, v3
          scan[body=program(v5: i32[], v6: i32[d:1]) {
            return
          }, length=1, carry=0, reverse=true] v3
          v7: i32[d:1] = ref_get[access={}, mode=CLAMP] v4
          return v7
        }
        """,
        // A value that a reference is set to, and that is then added to it, or moved in it.
        """
        program(v0: f32[e:3], v1: ref f32[e:3], v2: ref f32[e:3], v3: ref f32[e:3], v4: i32[e:3]) {
          v5: f32[e:3] = exp v0
          ref_set[access={}, reverse=false] v1, v5
          ref_add[access={}, mode=DROP] v1, v5
          v6: f32[e:3] = sin v0
          ref_set[access={}, reverse=false] v2, v6
          ref_set[access={e@}, reverse=false] v2, v6, v4
          v7: f32[e:3] = cos v0
          ref_set[access={}, reverse=false] v3, v7
          v8: f32[e:3] = ref_swap[access={}, edge=CLAMP, reverse=false] v3, v7
          v9: f32[e:3] = tanh v8
          ref_add[access={}, mode=DROP] v3, v9
          return
        }
        """,
        // Two values that a reference is set to; the first is still read, turned, for the second.
        """
        program(v0: f64[x:9], v1: i32[x:9], v2: ref f64[x:9], v3: f64[x:9]) {
          v5: f64[x:9] = max v0, v3
          v6: f64[x:9] = index[access={x@}, mode=CLAMP] v5, v1
          v7: f64[x:9] = scan[body=program(v8: i32[], v9: f64[x:9], v10: f64[x:9]) {
            return v10
          }, length=0, carry=1, reverse=true] v6, v6
          v11: f64[x:9] = index[access={x:8+9*-1}, mode=CLAMP] v7
          ref_set[access={}, reverse=false] v2, v6
          v12: f64[x:9] = sin v11
          ref_set[access={}, reverse=false] v2, v12
          v13: f64[x:9] = index[access={x@}, mode=CLAMP] v12, v1
          return
        }
        """,
        // A read is kept for later, in registers, after something computed it for itself.
        """
        program(v0: ref f64[x:2, y:1]) {
          v1: f64[x:2, y:1] = ref_get[access={}, mode=CLAMP] v0
          v2: f64[y:1] = reduce[fn=MAX, axes=[x]] v1
          v3: f64[x:2, y:1] = add v1, v2
          v4: f64[x:2, y:1] = add v3, v1
          v11: f64[x:2, y:1] = cos v1
          v10: f64[x:2, y:1] = ref_swap[access={x:0+2*1}, edge=CLAMP, reverse=true] v0, v4
          return v4, v11, v10
        }
        """,
        // What lies in a reference is summed by the later sums of a loop that overwrites it.
        """
        program(v0: ref f32[r:5, c:7], v1: f32[r:5, c:7]) {
          v2: f32[] = const 2.0
          v3: f32[r:5, c:7] = sin v1
          v4: f32[r:5, c:7] = cos v3
          ref_set[access={}, reverse=false] v0, v4
          v5: f32[] = reduce[fn=MAX, axes=[r, c]] v4
          v6: f32[r:5, c:7] = mul v1, v5
          v7: f32[r:5] = reduce[fn=MAX, axes=[c]] v6
          v8: f32[r:5, c:7] = mul v4, v7
          v9: f32[r:5] = reduce[fn=MAX, axes=[c]] v8
          v10: f32[r:5, c:7] = mul v1, v2
          ref_set[access={}, reverse=false] v0, v10
          return v9
        }
        """,
        // An element of what lies in a reference is read between two loops.
        """
        program(v0: ref f32[r:5, c:7], v1: f32[r:5, c:7]) {
          v2: f32[] = const 2.0
          v3: i32[] = const 3
          v4: f32[r:5, c:7] = sin v1
          v5: f32[r:5, c:7] = cos v4
          ref_set[access={}, reverse=false] v0, v5
          v6: f32[] = reduce[fn=MAX, axes=[r, c]] v5
          v7: f32[r:5, c:7] = mul v1, v6
          v8: f32[r:5] = reduce[fn=MAX, axes=[c]] v7
          v9: f32[] = index[access={r@, c@}, mode=CLAMP] v5, v3, v3
          v10: f32[r:5, c:7] = mul v1, v2
          ref_set[access={}, reverse=false] v0, v10
          return v8, v9
        }
        """,
        // A scalar reads a reference, before the value it belongs to is kept in a loop before it.
        """
        program(v0: i32[x:1], v1: ref f64[x:1], v2: f64[x:1], v3: f64[x:1]) {
          v4: i32[] = const 1
          v5: f64[x:1] = ref_get[access={}, mode=CLAMP] v1
          v6: f64[x:1] = index[access={x@}, mode=CLAMP] v5, v0
          v7: f64[] = index[access={x@}, mode=CLAMP] v6, v4
          v8: f64[] = index[access={x@}, mode=CLAMP] v5, v4
          ref_add[access={}, mode=DROP] v1, v3
          v9: f64[x:1] = add v5, v2
          v10: f64[x:1] = add v2, v8
          return v10
        }
        """,
        // What lies in a reference is pushed by some lanes, before the reference is set.
        """
        program(v0: f64[lane1:2], v1: ref f64[lane1:2], v2: f64[lane1:2], v3: bool[lane1:2], v4: ref f64[lane1:2], v5: ref f64[lane1:2]) {
          v6: f64[] = const 0.5
          v7: f64[] = const 0.25
          v8: f64[] = const 0.24475505646863582
          v9: f64[] = const 0.7
          v10: i32[] = const 1
          v11: f64[] = const 1.0
          v12: f64[] = const 0.0
          v13: f64[] = const 0.3
          v14: stack f64[lane1:2] lanes [lane1] = stack_new[type=stack f64[lane1:2] lanes [lane1]]
          v15: f64[lane1:2] = ref_get[access={}, mode=CLAMP] v5
          v16: f64[lane1:2] = sin v15
          v17: f64[lane1:2] = add v16, v7
          ref_set[access={?}, reverse=false] v4, v17, v3
          v18: f64[lane1:2] = mul v17, v13
          stack_push[masked=true] v14, v15, v3
          ref_set[access={}, reverse=false] v5, v2
          v19: f64[lane1:2] = stack_pop[masked=true] v14, v3
          v20: f64[lane1:2] = cos v19
          v21: f64[lane1:2] = mul v0, v20
          v22: f64[lane1:2] = select v3, v21, v12
          ref_add[access={}, mode=CLAMP] v1, v22
          return
        }
        """
      })
  void engines_agree(String text) {
    Program p = Program.parse(text);
    for (int seed = 0; seed < 5; seed++) {
      assertThat(Trial.whole(p, seed, 1e-6).run()).isNull();
    }
  }
}
