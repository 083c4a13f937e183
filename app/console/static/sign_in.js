// Asks every two seconds whether the phone has confirmed, and then signs in. Without it the button does.
(function () {
  "use strict";
  var form = document.querySelector("[data-sign-in]");
  var line = document.querySelector("[data-state]");
  if (!form) return;
  var words = { refused: "手机上已拒绝。请刷新本页重新获取二维码。", over: "二维码已失效，请刷新本页。" };
  function ask() {
    fetch(form.getAttribute("data-sign-in"), { credentials: "same-origin", cache: "no-store" })
      .then(function (answer) { return answer.json(); })
      .then(function (said) {
        if (said.state === "confirmed") form.submit();
        else if (words[said.state]) line.textContent = words[said.state];
        else window.setTimeout(ask, 2000);
      })
      .catch(function () { window.setTimeout(ask, 5000); });
  }
  ask();
})();
