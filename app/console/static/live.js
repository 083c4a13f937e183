// Looks every so many seconds who has answered, and says what has changed. Without it the link does.
// Nothing is asked while the page is hidden or somebody stands in it, nor half an hour after the last touch.
(function () {
  "use strict";
  var REST = 30 * 60 * 1000;
  var line = document.querySelector("[data-live-said]");
  var touched = Date.now();
  function box() { return document.getElementById("live"); }
  function later(seconds) { window.setTimeout(look, seconds * 1000); }
  function put(now) {
    var before = box();
    var news = now.getAttribute("data-said");
    if (line && news !== before.getAttribute("data-said")) line.textContent = news;
    before.parentNode.replaceChild(document.importNode(now, true), before);
  }
  function look() {
    var here = box();
    var every = here ? Number(here.getAttribute("data-live")) : 0;
    if (!every) return;
    if (Date.now() - touched > REST) {
      if (line) line.textContent = "已停止自动更新，请点“刷新”。";
      return;
    }
    if (document.hidden || here.contains(document.activeElement)) { later(every); return; }
    fetch(location.href, { credentials: "same-origin", cache: "no-store", redirect: "error" })
      .then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (text) {
        var now = new DOMParser().parseFromString(text, "text/html").getElementById("live");
        if (now) put(now);
        later(every);
      })
      .catch(function () { later(4 * every); });
  }
  ["keydown", "pointerdown", "wheel"].forEach(function (kind) {
    document.addEventListener(kind, function () { touched = Date.now(); }, { passive: true });
  });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) touched = Date.now(); });
  later(Number(box().getAttribute("data-live")));
})();
