'use strict';
// Fetches the page again and again, and changes what is different in it.
(() => {
  const PATIENCE = 10000; // milliseconds
  const own = document.currentScript.textContent;
  const content = document.getElementById('content');
  const every = content.dataset.update * 1000;
  const lost = document.getElementById('lost');
  let timer = 0;
  let busy = false;

  const patchAttributes = (old, now) => {
    for (const { name } of [...old.attributes]) {
      if (!now.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of now.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  };

  // Rows are told apart by their links, so that a row which moves stays itself.
  const key = (node) => (node.nodeName === 'TR' && node.querySelector('a')?.getAttribute('href')) || null;

  // Brings the rows that stay into the order of the new ones.
  const sort = (old, now) => {
    const rows = new Map([...old.children].map((row) => [key(row), row]));
    [...now.children].forEach((row, at) => {
      const known = key(row) && rows.get(key(row));
      if (known && old.children[at] !== known) old.insertBefore(known, old.children[at] ?? null);
    });
  };

  // Leaves alone what is the same, so that focus, selection and scrolling stay where they are.
  const patch = (old, now) => {
    if (old.nodeType !== now.nodeType || old.nodeName !== now.nodeName) {
      old.replaceWith(document.importNode(now, true));
    } else if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== now.nodeValue) old.nodeValue = now.nodeValue;
    } else {
      patchAttributes(old, now);
      if (old.nodeName === 'TBODY') sort(old, now);
      const before = [...old.childNodes];
      const after = [...now.childNodes];
      after.forEach((child, at) => {
        if (before[at]) patch(before[at], child);
        else old.append(document.importNode(child, true));
      });
      before.slice(after.length).forEach((child) => child.remove());
    }
  };

  const show = (html) => {
    const page = new DOMParser().parseFromString(html, 'text/html');
    const now = page.getElementById('content');
    if (!now) throw new Error('it answered with another page');
    if (page.querySelector('script')?.textContent !== own) {
      // Another version answers now, and it has its own way to do this.
      location.reload();
      return;
    }
    const focused = document.activeElement;
    patch(content, now);
    if (focused.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
    document.title = page.title;
    lost.hidden = true;
    document.documentElement.classList.remove('lost');
  };

  const miss = (error) => {
    if (!lost.hidden) return;
    const asOf = document.getElementById('as-of').textContent;
    lost.textContent = `No answer from the exporter (${error.message}). What is below is old: it is from ${asOf}, and so are its ages.`;
    lost.hidden = false;
    document.title = 'No answer – appstream-exporter';
    document.documentElement.classList.add('lost');
  };

  const look = async () => {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    const patience = new AbortController();
    const limit = setTimeout(() => patience.abort(new Error('it takes too long')), PATIENCE);
    try {
      const answer = await fetch(location.origin + location.pathname + location.search, { cache: 'no-store', signal: patience.signal });
      // 404: the fleet of the page is not known any more, and the answer says so.
      if (!answer.ok && answer.status !== 404) throw new Error(`it answered with ${answer.status}`);
      show(await answer.text());
    } catch (error) {
      miss(error);
    } finally {
      clearTimeout(limit);
      busy = false;
      timer = setTimeout(look, every);
    }
  };

  // A page that comes back to the front after a while is old.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) look();
  });
  timer = setTimeout(look, every);
})();
