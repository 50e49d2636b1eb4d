import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { getTokenPayload } from "pocketbase";

import { codes, guest, refused, superuser, user, USER_PASSWORD } from "./support/clients.js";
import { codeOf, startMailbox, tokenOf } from "./support/mailbox.js";
import { startServer } from "./support/server.js";

const NEW_PASSWORD = "another-password-2";

let server;
let root;
let mailbox;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
    mailbox = await startMailbox(root);
    await root.collections.update("users", { otp: { enabled: true, duration: 300, length: 6 } });
});
after(async () => {
    await mailbox?.stop();
    await server?.stop();
});

/** Create an unverified user and return a client that is not signed in. */
async function newcomer(email, data = {}) {
    await root.collection("users").create({
        email,
        password: USER_PASSWORD,
        passwordConfirm: USER_PASSWORD,
        ...data,
    });
    return guest(server.url);
}

describe("verification", () => {
    test("the mailed token verifies, and the store's record with it", async () => {
        const pb = await newcomer("verify@example.com");
        await pb.collection("users").authWithPassword("verify@example.com", USER_PASSWORD);
        assert.equal(await pb.collection("users").requestVerification("verify@example.com"), true);
        const token = tokenOf(await mailbox.next("verify@example.com"), "confirm-verification");
        assert.equal(await pb.collection("users").confirmVerification(token), true);
        assert.equal(pb.authStore.record.verified, true);
        assert.equal((await pb.collection("users").authRefresh()).record.verified, true);
    });

    test("an unknown email is answered alike and gets nothing", async () => {
        const pb = guest(server.url);
        assert.equal(await pb.collection("users").requestVerification("nobody@example.com"), true);
        assert.equal(await pb.collection("users").requestPasswordReset("nobody@example.com"), true);
        const error = await refused(pb.collection("users").requestVerification("nope"), 400);
        assert.deepEqual(codes(error), { email: "validation_is_email" });
    });

    test("a bad token is refused", async () => {
        const error = await refused(guest(server.url).collection("users").confirmVerification("x"), 400);
        assert.deepEqual(codes(error), { token: "validation_invalid_token_claims" });
    });
});

describe("password reset", () => {
    test("the mailed token sets the password once and ends older tokens", async () => {
        const pb = await user(root, "reset@example.com");
        const users = guest(server.url).collection("users");
        assert.equal(await users.requestPasswordReset("reset@example.com"), true);
        const token = tokenOf(await mailbox.next("reset@example.com"), "confirm-password-reset");
        assert.equal(await users.confirmPasswordReset(token, NEW_PASSWORD, NEW_PASSWORD), true);
        await refused(users.confirmPasswordReset(token, NEW_PASSWORD, NEW_PASSWORD), 400);
        await refused(users.authWithPassword("reset@example.com", USER_PASSWORD), 400);
        await users.authWithPassword("reset@example.com", NEW_PASSWORD);
        await refused(pb.collection("users").authRefresh(), 401);
    });

    test("mismatching passwords are refused", async () => {
        const users = guest(server.url).collection("users");
        const error = await refused(users.confirmPasswordReset("x", NEW_PASSWORD, "other"), 400);
        assert.deepEqual(codes(error), {
            token: "validation_invalid_token",
            passwordConfirm: "validation_values_mismatch",
        });
    });
});

describe("email change", () => {
    test("the token mailed to the new address changes it and clears the store", async () => {
        const pb = await user(root, "before@example.com");
        assert.equal(await pb.collection("users").requestEmailChange("after@example.com"), true);
        const token = tokenOf(await mailbox.next("after@example.com"), "confirm-email-change");
        await refused(pb.collection("users").confirmEmailChange(token, "wrong"), 400);
        assert.equal(await pb.collection("users").confirmEmailChange(token, USER_PASSWORD), true);
        assert.equal(pb.authStore.token, "");
        await refused(
            pb.collection("users").authWithPassword("before@example.com", USER_PASSWORD), 400,
        );
        await pb.collection("users").authWithPassword("after@example.com", USER_PASSWORD);
    });

    test("guests cannot ask for it", async () => {
        await refused(guest(server.url).collection("users").requestEmailChange("x@example.com"), 401);
    });
});

describe("one-time passwords", () => {
    test("the mailed code signs in once", async () => {
        const pb = await newcomer("otp@example.com");
        const { otpId } = await pb.collection("users").requestOTP("otp@example.com");
        const code = codeOf(await mailbox.next("otp@example.com"));
        assert.equal(code.length, 6);
        await refused(pb.collection("users").authWithOTP(otpId, "000000x"), 400);
        const answer = await pb.collection("users").authWithOTP(otpId, code);
        assert.equal(answer.record.verified, true);
        assert.equal(pb.authStore.record.email, "otp@example.com");
        await refused(pb.collection("users").authWithOTP(otpId, code), 400);
    });

    test("an unknown email gets an id as well", async () => {
        const { otpId } = await guest(server.url).collection("users").requestOTP("no@example.com");
        assert.match(otpId, /^[a-z0-9]{15}$/);
    });

    test("five wrong codes are the last ones", async () => {
        const pb = await newcomer("tries@example.com");
        const { otpId } = await pb.collection("users").requestOTP("tries@example.com");
        const code = codeOf(await mailbox.next("tries@example.com"));
        for (let attempt = 0; attempt < 5; attempt++) {
            await refused(pb.collection("users").authWithOTP(otpId, "wrong"), 400);
        }
        await refused(pb.collection("users").authWithOTP(otpId, code), 429);
    });
});

describe("multi-factor sign-in", () => {
    before(() => root.collections.update("users", {
        mfa: { enabled: true, duration: 300, rule: "name = 'mfa'" },
    }));

    test("password, then a one-time password", async () => {
        const pb = await newcomer("mfa@example.com", { name: "mfa" });
        const users = pb.collection("users");
        const first = await refused(users.authWithPassword("mfa@example.com", USER_PASSWORD), 401);
        assert.deepEqual(Object.keys(first.response), ["mfaId"]);
        const { mfaId } = first.response;
        await refused(users.authWithPassword("mfa@example.com", USER_PASSWORD, { mfaId }), 400);
        const { otpId } = await users.requestOTP("mfa@example.com");
        const code = codeOf(await mailbox.next("mfa@example.com"));
        await users.authWithOTP(otpId, code, { mfaId });
        assert.ok(pb.authStore.isValid);
    });

    test("a one-time password, then the password", async () => {
        const pb = await newcomer("mfa2@example.com", { name: "mfa" });
        const users = pb.collection("users");
        const { otpId } = await users.requestOTP("mfa2@example.com");
        const code = codeOf(await mailbox.next("mfa2@example.com"));
        const { mfaId } = (await refused(users.authWithOTP(otpId, code), 401)).response;
        await users.authWithPassword("mfa2@example.com", USER_PASSWORD, { query: { mfaId } });
        assert.ok(pb.authStore.isValid);
    });
});

describe("impersonation", () => {
    test("a superuser gets a client of another record", async () => {
        const pb = await user(root, "imitated@example.com");
        const { id } = pb.authStore.record;
        const imitator = await root.collection("users").impersonate(id, 100);
        assert.equal(imitator.authStore.record.id, id);
        const payload = getTokenPayload(imitator.authStore.token);
        assert.equal(payload.refreshable, false);
        const lifetime = payload.exp - Date.now() / 1000;
        assert.ok(lifetime > 90 && lifetime <= 101, `lives for ${lifetime} s`);
        const renewed = await imitator.collection("users").authRefresh();
        assert.equal(renewed.token, imitator.authStore.token);
        await refused(pb.collection("users").impersonate(id, 100), 403);
        await refused(root.collection("users").impersonate("unknownunknown1", 100), 404);
    });
});

describe("login alerts and sample mails", () => {
    test("a second place is mailed", async () => {
        const pb = await user(root, "places@example.com");
        const headers = { "User-Agent": "elsewhere" };
        await pb.collection("users").authWithPassword("places@example.com", USER_PASSWORD, { headers });
        const raw = await mailbox.next("places@example.com");
        assert.match(raw, /127\.0\.0\.1 elsewhere/);
        const origins = await root.collection("_authOrigins").getFullList({
            filter: `recordRef = "${pb.authStore.record.id}"`,
        });
        assert.equal(origins.length, 2);
    });

    for (const template of ["verification", "password-reset", "email-change", "otp", "login-alert"]) {
        test(`settings.testEmail sends ${template}`, async () => {
            const to = `${template}@example.com`;
            assert.equal(await root.settings.testEmail("users", to, template), true);
            await mailbox.next(to);
        });
    }
});
