// Tells the place and the number of the cell that is pointed at.
document.currentScript.closest(".axial").querySelectorAll(".maps").forEach(maps => {
  const told = maps.nextElementSibling;
  const along = (axis, cell, [cells, size]) => {
    const from = Math.floor(cell * size / cells);
    const to = Math.floor((cell + 1) * size / cells) - 1;
    return axis + " " + (from === to ? from : from + "–" + to);
  };
  const tell = event => {
    const cell = event.target.closest("rect");
    if (!cell) return;
    const map = cell.closest("svg");
    const sizes = [maps.dataset.rows, maps.dataset.columns].map(s => s.split(" ").map(Number));
    const x = +cell.getAttribute("x");
    const y = +cell.getAttribute("y");
    const place = [map.closest("figure").dataset.at];
    if (maps.dataset.row) place.push(along(maps.dataset.row, y, sizes[0]));
    if (maps.dataset.column) place.push(along(maps.dataset.column, x, sizes[1]));
    const value = map.dataset.v.split(" ")[y * sizes[1][0] + x];
    told.textContent = place.filter(p => p).join(", ") + ": " + value;
  };
  maps.addEventListener("pointerover", tell);
  maps.addEventListener("click", tell);
});
