// Leaves on the page what has all the words that are looked for. Without it, everything is there.
const search = document.getElementById("search");
const articles = [...document.querySelectorAll("article")];
const texts = articles.map((article) => (article.id + " " + article.textContent).toLowerCase());
const entries = new Map();
for (const entry of document.querySelectorAll("nav li a")) {
  entries.set(decodeURIComponent(entry.hash.slice(1)), entry.parentElement);
}

function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  articles.forEach((article, at) => {
    const found = words.every((word) => texts[at].includes(word));
    article.hidden = !found;
    const entry = entries.get(article.id);
    if (entry) entry.hidden = !found;
  });
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
