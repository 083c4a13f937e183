// What makes work quicker where scripts run; every page works without.
(function () {
  "use strict";
  // A refused form: what is wrong is read out first.
  var refused = document.querySelector("[data-focus]");
  if (refused) refused.focus();
  // One tick for all of a list.
  document.querySelectorAll("[data-all]").forEach(function (all) {
    all.hidden = false;
    all.parentElement.hidden = false;
    all.parentElement.nextElementSibling.hidden = true;
    all.addEventListener("change", function () {
      all.form.querySelectorAll("input[name='" + all.getAttribute("data-all") + "']")
        .forEach(function (one) { one.checked = all.checked; });
    });
  });
  // A form is sent once.
  document.addEventListener("submit", function (event) {
    if (event.target.method !== "post") return;
    if (event.target.hasAttribute("data-sent")) { event.preventDefault(); return; }
    event.target.setAttribute("data-sent", "");
    window.setTimeout(function () { event.target.removeAttribute("data-sent"); }, 5000);
  });
})();
