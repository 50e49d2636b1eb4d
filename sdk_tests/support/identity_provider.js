/**
 * A real OpenID Connect provider on a free port of 127.0.0.1, and the browser of its users.
 *
 * Its users are `accounts`: claims by login name. The provider's own development pages ask for
 * login and consent; `consent` fills them in.
 */
import { createServer } from "node:http";

import Provider from "oidc-provider";

export const CLIENT = { id: "sdk-tests", secret: "the secret/of+it" };

/** Start a provider; resolves to `{ url, accounts, settings, consent, stop }`. */
export async function startIdentityProvider(redirectURL) {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${server.address().port}`;
    const accounts = {};
    const provider = new Provider(url, {
        clients: [
            { client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectURL] },
        ],
        claims: {
            openid: ["sub"],
            email: ["email", "email_verified"],
            profile: ["name", "preferred_username", "picture"],
        },
        conformIdTokenClaims: false,
        cookies: { keys: ["sdk-tests"] },
        findAccount: (_, login) =>
            accounts[login] && {
                accountId: login,
                claims: () => ({ sub: login, ...accounts[login] }),
            },
    });
    server.on("request", provider.callback());

    return {
        url,
        accounts,
        settings: (name, changes = {}) => ({
            name,
            clientId: CLIENT.id,
            clientSecret: CLIENT.secret,
            authURL: `${url}/auth`,
            tokenURL: `${url}/token`,
            userInfoURL: `${url}/me`,
            ...changes,
        }),
        /** Sign in as `login`, agree, and return the redirect that the browser is sent to. */
        consent: (authURL, login) => walk(authURL, login, redirectURL),
        stop: () => {
            server.closeAllConnections();
            return new Promise((resolve) => server.close(resolve));
        },
    };
}

async function walk(authURL, login, redirectURL) {
    const cookies = new Map();
    let location = authURL;
    let form = null;
    for (let step = 0; step < 12; step += 1) {
        const response = await visit(location, form, cookies);
        const target = response.headers.get("location");
        if (target) {
            location = new URL(target, location).href;
            form = null;
            if (location.startsWith(redirectURL)) {
                return new URL(location);
            }
            continue;
        }
        const page = await response.text();
        const prompt = page.match(/name="prompt" value="(\w+)"/)?.[1];
        const action = page.match(/action="([^"]+)"/)?.[1];
        if (!prompt || !action) {
            throw new Error(`the provider says ${response.status}: ${page}`);
        }
        location = new URL(action, location).href;
        form = prompt === "login" ? { prompt, login, password: "any" } : { prompt };
    }
    throw new Error("the provider never redirected back");
}

async function visit(location, form, cookies) {
    const response = await fetch(location, {
        method: form ? "POST" : "GET",
        body: form ? new URLSearchParams(form) : undefined,
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
        redirect: "manual",
    });
    for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
        cookies.set(name, value);
    }
    return response;
}
