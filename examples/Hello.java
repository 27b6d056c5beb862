import static dev.axial.Axial.*;

import dev.axial.*;
import java.util.function.Function;

void main() {
  Axis Time = axis("Time", 20);
  Function<NamedArray, NamedArray> decay = rate -> {
    NamedRef level = newRef(scalar(1.0)); // a mutable array, made and used inside
    return map(Time, zeros(Time), t -> level.swap(level.get().times(rate))); // a loop that writes it
  };
  NamedArray measured = decay.apply(scalar(0.8));

  NamedRef rate = newRef(scalar(0.3)); // a parameter, updated where it is
  Proc1<NamedRef> step = jitProc(r -> {
    var loss = grad((NamedArray v) -> sum(square(decay.apply(v).minus(measured))));
    r.add(loss.apply(r.get()).times(-0.01)); // the gradient goes through the loop's writes
  });
  for (int k = 0; k < 200; k++) step.run(rate); // compiled once
  System.out.printf("the rate is %.3f%n", rate.item());

  Axis Rate = axis("Rate", 3);
  System.out.println(sum(vmap(decay, Rate).apply(linspace(Rate, 0, 0.8)), Time));
}
