// The console keeps the theme that a person chose; without a choice the system's counts.
const chosen = localStorage.getItem("latchkey-theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
const paint = () => root.classList.toggle("dark-mode", chosen ? chosen === "dark" : system.matches);
system.addEventListener("change", paint);
paint();

SwaggerUIBundle({
  url: "/public/v1/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  // What is tried here is done: with the key that was entered, or as whoever is signed in.
  withCredentials: true,
  // A key that was typed in must not stay behind in the browser.
  persistAuthorization: false,
  validatorUrl: null,
});
