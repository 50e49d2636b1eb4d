import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { EventSource } from "eventsource";

import { codes, guest, refused, superuser, user } from "./support/clients.js";
import { startIdentityProvider } from "./support/identity_provider.js";
import { startServer } from "./support/server.js";

globalThis.EventSource = EventSource; // the SDK expects a browser's

let server;
let root;
let identity;
let redirectURL;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
    redirectURL = `${server.url}/api/oauth2-redirect`;
    identity = await startIdentityProvider(redirectURL);
    await root.collections.update("users", {
        oauth2: {
            enabled: true,
            mappedFields: { name: "name" },
            providers: [
                identity.settings("oidc", { displayName: "Test identity" }),
                identity.settings("oidc2", {
                    userInfoURL: "",
                    extra: { jwksURL: `${identity.url}/jwks`, issuers: [identity.url] },
                }),
                identity.settings("oidc3", {
                    userInfoURL: "",
                    extra: { jwksURL: `${identity.url}/jwks`, issuers: ["https://example.com"] },
                }),
            ],
        },
    });
});
after(async () => {
    await server?.stop();
    await identity?.stop();
});

/** Go to the provider as `login`; return what `authWithOAuth2Code` takes. */
async function agree(name, login) {
    const { oauth2 } = await guest(server.url).collection("users").listAuthMethods();
    const provider = oauth2.providers.find((item) => item.name === name);
    const url = await identity.consent(provider.authURL + encodeURIComponent(redirectURL), login);
    assert.equal(url.searchParams.get("state"), provider.state);
    return { name, code: url.searchParams.get("code"), verifier: provider.codeVerifier };
}

function signIn(pb, given, createData, options) {
    return pb
        .collection("users")
        .authWithOAuth2Code(
            given.name, given.code, given.verifier, redirectURL, createData, options,
        );
}

async function enter(name, login, { pb = guest(server.url), createData, options } = {}) {
    return signIn(pb, await agree(name, login), createData, options);
}

describe("listAuthMethods", () => {
    test("tells what the provider's page needs, with fresh secrets each time", async () => {
        const list = () => guest(server.url).collection("users").listAuthMethods();
        const [one, other] = [await list(), await list()];
        const [provider] = one.oauth2.providers;

        assert.equal(provider.displayName, "Test identity");
        assert.equal(provider.codeChallengeMethod, "S256");
        assert.equal(provider.codeVerifier.length, 43);
        assert.ok(provider.authURL.endsWith("&redirect_uri="));
        assert.notEqual(provider.state, other.oauth2.providers[0].state);
        assert.notEqual(provider.codeVerifier, other.oauth2.providers[0].codeVerifier);
        assert.equal(JSON.stringify(one).includes("secret"), false);
    });
});

describe("authWithOAuth2Code", () => {
    test("the first sign-in creates a verified record, the second finds it", async () => {
        identity.accounts.ann = { email: "ann@x.org", email_verified: true, name: "Ann" };
        const pb = guest(server.url);

        const first = await enter("oidc", "ann", { pb });
        const second = await enter("oidc", "ann");

        assert.equal(first.meta.isNew, true);
        assert.equal(first.meta.id, "ann");
        assert.equal(first.meta.email, "ann@x.org");
        assert.ok(first.meta.accessToken);
        assert.ok(Date.parse(first.meta.expiry) > Date.now());
        assert.equal(first.record.name, "Ann");
        assert.equal(first.record.email, "ann@x.org");
        assert.equal(first.record.verified, true);
        assert.ok(pb.authStore.isValid);
        await pb.collection("users").authRefresh();
        assert.equal(second.meta.isNew, false);
        assert.equal(second.record.id, first.record.id);
    });

    test("createData fills the new record, and only that", async () => {
        identity.accounts.bea = { name: "Bea" };
        const createData = { email: "bea@x.org", name: "Chosen" };
        const first = await enter("oidc", "bea", { createData });
        const second = await enter("oidc", "bea", { createData: { name: "Other" } });

        assert.equal(first.record.name, "Chosen");
        assert.equal(first.record.verified, false);
        assert.equal(second.record.name, "Chosen");
    });

    test("an unverified email of the provider is not taken", async () => {
        identity.accounts.eve = { email: "ann@x.org", email_verified: false };
        const error = await refused(enter("oidc", "eve"), 400);
        assert.deepEqual(codes(error), { email: "validation_required" });
    });

    test("a verified email signs in to the record that has it", async () => {
        const carl = await user(root, "carl@x.org");
        identity.accounts.carl = { email: "carl@x.org", email_verified: true };
        const answer = await enter("oidc", "carl");
        assert.equal(answer.record.id, carl.authStore.record.id);
        assert.equal(answer.meta.isNew, false);
        await carl.collection("users").authRefresh();
    });

    test("signed in, one links another account and can unlink it", async () => {
        const pb = await user(root, "dora@x.org");
        const { id } = pb.authStore.record;
        identity.accounts.elsewhere = { email: "elsewhere@x.org", email_verified: true };

        const linked = await enter("oidc", "elsewhere", { pb });
        assert.equal(linked.record.id, id);
        const again = await enter("oidc", "elsewhere");
        assert.equal(again.record.id, id);

        const links = await pb.collection("_externalAuths").getFullList();
        assert.deepEqual(
            links.map((link) => [link.recordRef, link.provider, link.providerId]),
            [[id, "oidc", "elsewhere"]],
        );
        await pb.collection("_externalAuths").delete(links[0].id);
        const fresh = await enter("oidc", "elsewhere");
        assert.notEqual(fresh.record.id, id);
    });

    test("a code counts once, and only with its own verifier", async () => {
        identity.accounts.fay = { email: "fay@x.org", email_verified: true };
        const given = await agree("oidc", "fay");
        await signIn(guest(server.url), given);
        await refused(signIn(guest(server.url), given), 400);

        const stolen = await agree("oidc", "fay");
        await refused(signIn(guest(server.url), { ...stolen, verifier: "x".repeat(43) }), 400);
    });

    test("the id_token is enough, once its signature is right", async () => {
        identity.accounts.gus = { email: "gus@x.org", email_verified: true, name: "Gus" };
        const answer = await enter("oidc2", "gus");
        assert.equal(answer.record.email, "gus@x.org");
        assert.equal(answer.meta.rawUser.iss, identity.url);
        await refused(enter("oidc3", "gus"), 400);
    });

    test("expand and fields shape the answer", async () => {
        identity.accounts.hal = { email: "hal@x.org", email_verified: true };
        const answer = await enter("oidc", "hal", { options: { fields: "record.email,token" } });
        assert.deepEqual(Object.keys(answer).sort(), ["record", "token"]);
        assert.deepEqual(Object.keys(answer.record), ["email"]);
    });

    test("unknown providers and disabled collections are refused", async () => {
        const pb = guest(server.url);
        const nope = { name: "nope", code: "x", verifier: "x" };
        const error = await refused(signIn(pb, nope), 400);
        assert.deepEqual(codes(error), { provider: "validation_invalid_provider" });
        await root.collections.create({ name: "plain", type: "auth" });
        await refused(
            pb.collection("plain").authWithOAuth2Code("oidc", "x", "x", redirectURL),
            403,
        );
    });
});

/** Sign in as the SDK does in a browser: `browse` gets the provider's page to open. */
function popup(browse, options = {}) {
    return guest(server.url)
        .collection("users")
        .authWithOAuth2({ provider: "oidc", urlCallback: browse, ...options });
}

describe("authWithOAuth2", () => {
    test("the redirect tells the waiting client the code", async () => {
        identity.accounts.ida = { email: "ida@x.org", email_verified: true };
        let landing;

        const answer = await popup(async (url) => {
            const redirect = await identity.consent(url, "ida");
            landing = await fetch(redirect, { redirect: "manual" });
        }, { createData: { name: "Ida" } });

        assert.equal(answer.record.email, "ida@x.org");
        assert.equal(answer.record.name, "Ida");
        assert.equal(landing.status, 307);
        assert.equal(landing.headers.get("location"), "../_/#/auth/oauth2-redirect-success");
    });

    test("a provider may post the redirect as a form", async () => {
        identity.accounts.joe = { email: "joe@x.org", email_verified: true };
        let landing;

        const answer = await popup(async (url) => {
            const { searchParams } = await identity.consent(url, "joe");
            landing = await fetch(redirectURL, {
                method: "POST", body: searchParams, redirect: "manual",
            });
        });

        assert.equal(answer.record.email, "joe@x.org");
        assert.equal(landing.status, 303);
    });

    test("a user who does not agree is told to the client", async () => {
        let landing;
        const error = await popup(async (url) => {
            const state = new URL(url).searchParams.get("state");
            landing = fetch(  // the client may hear of it before this answer
                `${redirectURL}?state=${state}&error=access_denied`, { redirect: "manual" },
            );
            await landing;
        }).catch((caught) => caught);

        assert.match(String(error.originalError?.message ?? error.message), /access_denied/);
        const { headers } = await landing;
        assert.equal(headers.get("location"), "../_/#/auth/oauth2-redirect-failure");
    });
});

describe("the redirect", () => {
    test("without a client that waits for it, it shows the failure page", async () => {
        const response = await fetch(`${redirectURL}?state=nobody&code=x`, { redirect: "manual" });
        assert.equal(response.status, 307);
        assert.equal(response.headers.get("location"), "../_/#/auth/oauth2-redirect-failure");
    });
});
