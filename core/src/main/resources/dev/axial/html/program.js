// Marks the definition and the uses of a variable, or what a line of the source made.
(page => {
  const status = page.querySelector(".status");
  const all = selector => page.querySelectorAll(selector);
  let kept = null; // what a click chose; pointing at something else shows that for a while

  const clear = () => all(".def, .use, .same, .line").forEach(
    e => e.classList.remove("def", "use", "same", "line"));
  const count = (n, what) => n + " " + what + (n === 1 ? "" : "s");

  const variable = name => {
    let uses = 0;
    all(`a[data-v="${name}"]`).forEach(e => {
      const defines = e.classList.contains("d");
      e.classList.add(defines ? "def" : "use");
      uses += !defines && e.closest(".block") ? 1 : 0;
    });
    const own = page.querySelector(`a[data-v="${name}"]`);
    if (own && own.dataset.r) {
      all(`a[data-r="${own.dataset.r}"]:not(.def):not(.use)`).forEach(
        e => e.classList.add("same"));
    }
    status.textContent = own ? name + ": " + count(uses, "use") : "There is no " + name + " here.";
  };
  const line = number => {
    const made = all(`.e[data-s="${number}"], .piece[data-s="${number}"]`);
    made.forEach(e => e.classList.add("line"));
    const text = page.querySelector(`.at[data-s="${number}"]`);
    status.textContent =
      (text ? text.textContent : "") + " made " + count(made.length, "line") + " of this page";
  };
  const show = choice => {
    clear();
    if (choice) (choice.v ? variable : line)(choice.v || choice.s);
  };
  const chosen = event => {
    const e = event.target.closest("a[data-v], .at");
    return e && page.contains(e) ? { v: e.dataset.v, s: e.dataset.s } : null;
  };

  page.addEventListener("pointerover", event => {
    const choice = chosen(event);
    if (choice) show(choice);
  });
  page.addEventListener("pointerout", event => {
    if (chosen(event)) show(kept);
  });
  page.addEventListener("click", event => {
    const todo = event.target.closest("button[data-do]");
    if (todo) {
      all("details").forEach(d => { d.open = todo.dataset.do === "open"; });
      return;
    }
    const choice = chosen(event);
    if (!choice) return;
    event.preventDefault(); // a variable in a summary does not fold its block
    kept = choice;
    show(kept);
  });

  // #v12 in the address chooses a variable and unfolds what it is in.
  const fromAddress = () => {
    const name = decodeURIComponent(location.hash.slice(1));
    if (!/^v\d+$/.test(name)) return;
    kept = { v: name };
    show(kept);
    all("a.def, a.use").forEach(e => {
      for (let d = e.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
    });
    const first = page.querySelector("a.def");
    if (first) first.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", fromAddress);
  fromAddress();
})(document.currentScript.closest(".axial"));
