import static dev.axial.Axial.*;

import dev.axial.*;
import dev.axial.random.Random;

void main() {
  Axis Feature = axis("Feature", 3);
  NamedArray weight = array(new float[] {1, 2, 3}, Feature);
  var loss = jit((NamedArray x) -> sum(square(x.times(weight)))); // traced at its first call, and compiled
  System.out.println(loss.apply(ones(Feature)));
  System.out.println(grad(loss).apply(ones(Feature)));
  System.out.println(Random.uniform(Random.key(0), Feature));
}
