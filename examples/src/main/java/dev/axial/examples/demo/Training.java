package dev.axial.examples.demo;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.key;
import static dev.axial.Axial.lowerProc;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.valueAndGrad;
import static dev.axial.Axial.zeros;

import dev.axial.Axis;
import dev.axial.Lowered;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc1;
import dev.axial.Proc2;
import dev.axial.Tree;
import dev.axial.nn.optim.Adam;
import dev.axial.nn.optim.Schedule;
import dev.axial.random.Random;

/**
 * A training run whose whole state lives in references. One compiled step draws a batch, takes the
 * gradient, moves the parameters and Adam's moments, and notes the loss, all of it in place.
 */
final class Training {
  /**
   * All that a step reads and writes, in references.
   *
   * @param model the parameters
   * @param adam the moments, and the counter of steps
   * @param key the random key that the next step splits
   * @param table the names to learn from
   * @param losses the training loss of each step
   * @param validation the validation losses
   */
  record State(
      NameModel model,
      Adam.State<NameModel> adam,
      NamedRef key,
      NamedRef table,
      NamedRef losses,
      NamedRef validation) {}

  private final Config config;
  private final Axis name;
  private final Adam adam;
  private final State state;
  private final NamedArray held;
  private final Proc1<State> step = jitProc(this::step);
  private final Proc2<State, NamedArray> validate = jitProc(this::validate);

  Training(Config config, Names names) {
    this.config = config;
    this.name = axis("Name", names.train().size());
    this.held = names.table(names.validation());
    Schedule rate =
        Schedule.warmupCosine(
            config.rate(), config.steps() / 20, config.steps(), config.rate() / 20);
    this.adam = Adam.of(rate).withBetas(0.9, 0.99).withDecay(0.01);
    Random.Pair keys = Random.split(key(config.seed()));
    Axis row = names.row();
    NameModel model = NameModel.init(keys.first(), config, row.resize(row.size() - 1));
    this.state =
        new State(
            Tree.toRefs(model),
            Tree.toRefs(adam.init(model)),
            newRef(keys.second()),
            newRef(names.table(names.train())),
            newRef(zeros(axis("Step", config.steps()))),
            newRef(zeros(axis("Evaluation", config.evaluations() + 1))));
  }

  State state() {
    return state;
  }

  // ---------------------------------------------------------------- what is compiled

  private void step(State s) {
    NamedArray taken = s.adam().step().value();
    Random.Pair keys = Random.split(s.key().value());
    s.key().set(keys.first());
    NamedArray rows = Random.randint(keys.second(), 0, name.size(), config.batch());
    NamedArray batch = s.table().get(name.at(rows));
    var loss = valueAndGrad((NameModel m) -> m.loss(batch)).apply(Tree.values(s.model()));
    adam.updateInPlace(s.model(), loss.grad(), s.adam());
    s.losses().slice(axis("Step", config.steps()).at(taken)).set(loss.value());
  }

  private void validate(State s, NamedArray evaluation) {
    Axis evaluations = axis("Evaluation", config.evaluations() + 1);
    s.validation().slice(evaluations.at(evaluation)).set(s.model().loss(held));
  }

  // ---------------------------------------------------------------- what the demo calls

  /** How many steps were taken. */
  int taken() {
    return (int) state.adam().step().value().item();
  }

  /** Takes one step and gives its loss. */
  double advance() {
    int at = taken();
    step.run(state);
    return losses()[at];
  }

  /** Validates the model as evaluation number k and gives the loss. */
  double measure(int k) {
    validate.run(state, scalar(k));
    return validation()[k];
  }

  double[] losses() {
    return state.losses().value().toDoubleArray();
  }

  double[] validation() {
    return state.validation().value().toDoubleArray();
  }

  /** The step as a program. */
  Lowered lowered() {
    return lowerProc(this::step, state);
  }
}
