// ReDoc over the server's own document. Its search runs in a worker made of text, which the Content-Security-Policy keeps out: the
// browser's own search finds words as well.
/* global Redoc */

const fonts = { fontFamily: 'system-ui, sans-serif' };
const options = {
  disableSearch: true,
  hideDownloadButton: true,
  sortTagsAlphabetically: false,
  expandResponses: '200,201',
  scrollYOffset: 'header',
  theme: {
    typography: { ...fonts, headings: fonts, code: { fontFamily: 'ui-monospace, monospace' } },
  },
};

Redoc.init('/openapi.json', options, document.getElementById('redoc'));
