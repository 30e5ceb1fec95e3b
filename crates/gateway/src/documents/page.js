"use strict";

// The demo people of a server with demo data: each signs in with the role's name and this password.
const PASSWORD = "baedal";
const who = document.getElementById("who");
let signedIn = false;
const buttons = document.querySelectorAll("#people button");

const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  displayRequestDuration: true,
  validatorUrl: null,
});

function tell(text, wrong) {
  who.textContent = text;
  who.classList.toggle("wrong", wrong);
}

async function signIn(login) {
  const answer = await fetch("/api/sessions", {
    method: "POST",
    credentials: "omit",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ login, password: PASSWORD }),
  });
  const body = await answer.json();
  if (!answer.ok) {
    throw new Error(body.detail);
  }
  return body.token;
}

async function become(button) {
  const login = button.dataset.login;
  buttons.forEach((one) => one.setAttribute("aria-pressed", "false"));
  if (signedIn) {
    ui.authActions.logout(["bearer"]);
    signedIn = false;
  }
  if (!login) {
    tell("", false);
    return;
  }
  try {
    ui.preauthorizeApiKey("bearer", await signIn(login));
    signedIn = true;
    button.setAttribute("aria-pressed", "true");
    tell(`${login} ✓`, false);
  } catch (error) {
    tell(error.message, true);
  }
}

buttons.forEach((button) => button.addEventListener("click", () => become(button)));
