for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v.replace("inf", "Infinity"));
  };
  /* Text before numbers, numbers before nan; equal keys keep their order. */
  const rank = (k) => (typeof k === "string" ? 0 : Number.isNaN(k) ? 2 : 1);
  const compare = (a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
  heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => (down ? -1 : 1) * compare(key(a, column), key(b, column)));
    table.tBodies[0].append(...rows);
  }));
}

/* Rows that hold every part, and every `column>number`, `column<number` or `column=text`. */
for (const filter of document.querySelectorAll(".filter")) {
  const table = filter.nextElementSibling.querySelector("table");
  const names = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim().toLowerCase());
  const [input, output] = [filter.querySelector("input"), filter.querySelector("output")];
  const holds = (row, term) => {
    const [, name, sign, value] = term.match(/^(.+?)([<>=])(.+)$/) ?? [];
    const column = names.indexOf(name);
    if (column < 0) return row.textContent.toLowerCase().includes(term);
    const cell = row.cells[column];
    if (sign === "=") return cell.textContent.trim().toLowerCase() === value;
    const number = cell.dataset.v === undefined ? NaN : Number(cell.dataset.v.replace("inf", "Infinity"));
    return sign === ">" ? number > Number(value) : number < Number(value);
  };
  const apply = () => {
    const terms = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...table.tBodies[0].rows];
    let shown = 0;
    for (const row of rows) shown += !(row.hidden = !terms.every((term) => holds(row, term)));
    output.textContent = terms.length ? `${shown} of ${rows.length} rows` : "";
  };
  input.addEventListener("input", apply);
  filter.hidden = false;
}

/* One tile of every layer: the frame across, the member down. */
for (const viewer of document.querySelectorAll(".viewer")) {
  const [width, height] = [Number(viewer.dataset.width), Number(viewer.dataset.height)];
  const [frames, members] = viewer.querySelectorAll(".controls input");
  const show = () => {
    for (const slider of [frames, members]) {
      slider.nextElementSibling.textContent = slider.dataset.labels.split("\n")[slider.value] ?? "";
      slider.setAttribute("aria-valuetext", slider.nextElementSibling.textContent);
    }
    for (const canvas of viewer.querySelectorAll("canvas")) {
      const image = canvas.parentElement.querySelector("img");
      const member = canvas.dataset.byMember === "true" ? Number(members.value) : 0;
      const to = canvas.getContext("2d");
      to.clearRect(0, 0, width, height);
      to.drawImage(image, frames.value * width, member * height, width, height, 0, 0, width, height);
    }
  };
  Promise.all([...viewer.querySelectorAll("img")].map((image) => image.decode())).then(show);
  frames.addEventListener("input", show);
  members.addEventListener("input", show);
}

const theme = document.getElementById("theme");
const dark = () => (document.documentElement.style.colorScheme
  ? document.documentElement.style.colorScheme === "dark"
  : matchMedia("(prefers-color-scheme: dark)").matches);
const name = () => { theme.textContent = dark() ? "Light" : "Dark"; };
theme.addEventListener("click", () => {
  document.documentElement.style.colorScheme = dark() ? "light" : "dark";
  name();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
name();
theme.hidden = false;
