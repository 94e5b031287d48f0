// Swagger UI over the server's own document. Tokens stay in this page: nothing is kept when it is left.
/* global SwaggerUIBundle */

/** Swagger UI shows its dark colours by this class. */
const dark = matchMedia('(prefers-color-scheme: dark)');
const colour = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', colour);
colour();

SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.getElementById('docs'),
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  // Neither asks another server to judge the document, nor shows its badge.
  validatorUrl: null,
  withCredentials: false,
});
