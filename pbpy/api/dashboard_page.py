"""The page at `/_/` where there is no dashboard, and its script: first superuser, OAuth2's end.

Links of the server lead here by their fragment, as they lead into PocketBase's dashboard. The
script stands apart because the policy of `/_/` allows none within the page.
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>pbpy</title></head>
<body>
<h1>pbpy</h1>
<form data-fragment="#/pbinstall/" hidden>
<p>Create the first superuser:</p>
<p><label>Email <input name="email" type="email" autocomplete="username" required></label></p>
<p><label>Password <input name="password" type="password" minlength="8"
 autocomplete="new-password" required></label></p>
<p><button>Create</button> <output></output></p>
</form>
<p data-fragment="#/auth/oauth2-redirect-success" hidden>
You are signed in. You may close this window and go back to the app.</p>
<p data-fragment="#/auth/oauth2-redirect-failure" hidden>
The sign-in failed. You may close this window and go back to the app.</p>
<p>This server answers PocketBase clients at <a href="../api/health"><code>/api/</code></a>.
It brings no dashboard of its own: set <code>PBPY_DASHBOARD_DIR</code> to a directory with the
built files of PocketBase's dashboard, or use the command line:</p>
<pre>pbpy superuser upsert EMAIL PASSWORD</pre>
<script src="page.js"></script>
</body>
</html>
"""

SCRIPT = """for (const part of document.querySelectorAll("[data-fragment]")) {
  part.hidden = !location.hash.startsWith(part.dataset.fragment);
}
if (location.hash.startsWith("#/auth/oauth2-redirect-")) {
  window.close();
}
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { email, password } = Object.fromEntries(new FormData(form));
  const answer = await fetch("../api/collections/_superusers/records", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Authorization: location.hash.slice(form.dataset.fragment.length),
    },
    body: JSON.stringify({ email, password, passwordConfirm: password }),
  });
  const { data = {}, message } = await answer.json();
  const reasons = Object.entries(data).map(([name, error]) => `${name}: ${error.message}`);
  form.querySelector("output").value = answer.ok
    ? `Welcome, ${email}: you can sign in now.`
    : [message, ...reasons].join(" ");
});
"""
