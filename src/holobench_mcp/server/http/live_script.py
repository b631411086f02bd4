"""The script of a page that lives: it asks whether the page is another one now, and puts the new one in its place.

Nothing needs it: without script the page loads itself anew now and then. It asks rather than listens, so that no server
holds a connection for each open page, and nothing has to be closed when it goes.
"""

#: Seconds between two questions; a page that nobody looks at asks none.
EVERY_S = 5

SCRIPT = """"use strict";
(() => {
  const version = () => document.querySelector('meta[name="hb-version"]');
  const live = document.getElementById("hb-live");
  const say = (text) => { if (live && live.textContent !== text) live.textContent = text; };
  const show = (page) => {
    const open = [...document.querySelectorAll("main details")].map((d) => d.open);
    const active = document.activeElement && document.activeElement.id;
    document.title = page.title;
    document.querySelector("main").replaceWith(page.querySelector("main"));
    version().replaceWith(page.querySelector('meta[name="hb-version"]'));
    document.querySelectorAll("main details").forEach((d, i) => { d.open = open[i] ?? d.open; });
    if (active) document.getElementById(active)?.focus({ preventScroll: true });
  };
  let asking = false;
  const ask = async () => {
    if (document.hidden || asking) return;
    asking = true;
    try {
      const headers = { "If-None-Match": `"${version().content}"` };
      const answer = await fetch(location.href, { headers, cache: "no-store", redirect: "error" });
      if (answer.status === 200) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (!page.querySelector('meta[name="hb-version"]')) return location.reload();
        show(page);
        say(`Updated ${new Date().toLocaleTimeString()}`);
      } else if (answer.status === 401 || answer.status === 404) location.reload();
      else if (answer.status !== 304) say(`The server answers with an error (${answer.status})`);
      else if (!live.textContent.startsWith("Updated")) say("Up to date");
    } catch { say("The server can't be reached; trying again"); }
    finally { asking = false; }
  };
  setInterval(ask, 1000 * EVERY_S);
  document.addEventListener("visibilitychange", ask);
})();
""".replace("EVERY_S", str(EVERY_S))
