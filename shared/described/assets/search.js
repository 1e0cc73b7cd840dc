// Leaves on the page what has all the words that are looked for. Without it, everything is there.
const search = document.getElementById("search");
const articles = [...document.querySelectorAll("article")];
const texts = articles.map((article) => (article.id + " " + article.textContent).toLowerCase());
const entries = new Map();
for (const entry of document.querySelectorAll("nav li a")) {
  entries.set(decodeURIComponent(entry.hash.slice(1)), entry.parentElement);
}

// A heading, and what is said below it, stay for as long as something of it is found.
function settle(headings, kind) {
  for (const heading of headings) {
    const below = [];
    let next = heading.nextElementSibling;
    for (; next && next.tagName !== "H2"; next = next.nextElementSibling) below.push(next);
    const parts = below.flatMap((one) => (one.matches(kind) ? [one] : [...one.querySelectorAll(kind)]));
    const gone = parts.length > 0 && parts.every((part) => part.hidden);
    for (const one of [heading, ...below]) if (!one.matches(kind)) one.hidden = gone;
  }
}

function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  articles.forEach((article, at) => {
    const found = words.every((word) => texts[at].includes(word));
    article.hidden = !found;
    const entry = entries.get(article.id);
    if (entry) entry.hidden = !found;
  });
  settle(document.querySelectorAll("main h2"), "article");
  settle(document.querySelectorAll("nav h2"), "li");
}

if (articles.length > 0) {
  search.hidden = false;
  search.addEventListener("input", find);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    }
  });
  find();
}
