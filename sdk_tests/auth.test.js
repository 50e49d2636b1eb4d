import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { getTokenPayload, isTokenExpired } from "pocketbase";

import { codes, guest, refused, superuser, user, USER_PASSWORD } from "./support/clients.js";
import { startServer, SUPERUSER } from "./support/server.js";

let server;
let root;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
});
after(() => server?.stop());

describe("authWithPassword", () => {
    test("a superuser gets a valid token and fills the auth store", async () => {
        const pb = guest(server.url);
        const changes = [];
        pb.authStore.onChange((token, record) => changes.push([token, record?.email]));

        const answer = await pb
            .collection("_superusers")
            .authWithPassword(SUPERUSER.email, SUPERUSER.password);

        assert.deepEqual(Object.keys(answer).sort(), ["record", "token"]);
        assert.equal(answer.record.email, SUPERUSER.email);
        assert.equal(answer.record.collectionName, "_superusers");
        assert.ok(pb.authStore.isValid);
        assert.ok(pb.authStore.isSuperuser);
        assert.equal(pb.authStore.token, answer.token);
        assert.equal(pb.authStore.record.id, answer.record.id);
        assert.deepEqual(changes, [[answer.token, SUPERUSER.email]]);
    });

    test("the token holds PocketBase's claims", async () => {
        const payload = getTokenPayload(root.authStore.token);
        assert.equal(payload.type, "auth");
        assert.equal(payload.id, root.authStore.record.id);
        assert.equal(payload.collectionId, root.authStore.record.collectionId);
        assert.equal(payload.refreshable, true);
        const lifetime = payload.exp - Date.now() / 1000;
        assert.ok(lifetime > 86_300 && lifetime <= 86_401, `lives for ${lifetime} s`);
        assert.equal(isTokenExpired(root.authStore.token), false);
    });

    test("a user is not a superuser and never receives secrets", async () => {
        const pb = await user(root, "plain@example.com", { name: "Plain" });
        assert.ok(pb.authStore.isValid);
        assert.equal(pb.authStore.isSuperuser, false);
        const { record } = pb.authStore;
        assert.equal(record.name, "Plain");
        assert.equal(record.email, "plain@example.com");
        assert.equal(record.verified, true);
        assert.equal("password" in record, false);
        assert.equal("tokenKey" in record, false);
    });

    test("a wrong password and an unknown identity are told alike", async () => {
        const pb = guest(server.url);
        const users = pb.collection("users");
        const wrong = await refused(users.authWithPassword("plain@example.com", "nope"), 400);
        const unknown = await refused(users.authWithPassword("nobody@example.com", "nope"), 400);
        assert.deepEqual(wrong.response, unknown.response);
        assert.deepEqual(wrong.response, {
            data: {},
            message: "Failed to authenticate.",
            status: 400,
        });
        assert.equal(pb.authStore.token, "");
    });

    test("empty credentials are validation errors", async () => {
        const error = await refused(guest(server.url).collection("users").authWithPassword("", ""), 400);
        assert.deepEqual(codes(error), {
            identity: "validation_required",
            password: "validation_required",
        });
    });

    test("only the configured identity fields are accepted", async () => {
        const users = guest(server.url).collection("users");
        const error = await refused(
            users.authWithPassword("", "", {
                body: { identity: "Plain", password: USER_PASSWORD, identityField: "name" },
            }),
            400,
        );
        assert.deepEqual(codes(error), { identityField: "validation_in_invalid" });
    });

    test("a collection without sign-in has no such route", async () => {
        await refused(guest(server.url).collection("missing").authWithPassword("a", "b"), 404);
    });

    test("fields and expand shape the answer", async () => {
        const answer = await guest(server.url)
            .collection("users")
            .authWithPassword("plain@example.com", USER_PASSWORD, { fields: "token,record.name" });
        assert.deepEqual(answer.record, { name: "Plain" });
        assert.ok(answer.token);
    });

    test("password sign-in may be switched off", async () => {
        await root.collections.create({
            name: "locked",
            type: "auth",
            passwordAuth: { enabled: false },
        });
        await refused(guest(server.url).collection("locked").authWithPassword("a@b.co", "x"), 403);
    });

    test("an auth rule shuts out who does not match it", async () => {
        await root.collections.create({ name: "members", type: "auth", authRule: "verified = true" });
        const members = root.collection("members");
        const member = await members.create({
            email: "member@example.com",
            password: USER_PASSWORD,
            passwordConfirm: USER_PASSWORD,
        });
        const signIn = () =>
            guest(server.url).collection("members").authWithPassword("member@example.com", USER_PASSWORD);

        await refused(signIn(), 403);
        await members.update(member.id, { verified: true });
        assert.equal((await signIn()).record.id, member.id);
    });
});

describe("authRefresh", () => {
    test("gives a new valid token and the fresh record", async () => {
        const pb = await user(root, "refresh@example.com", { name: "Before" });
        await root.collection("users").update(pb.authStore.record.id, { name: "After" });

        const answer = await pb.collection("users").authRefresh();

        assert.equal(answer.record.name, "After");
        assert.equal(pb.authStore.record.name, "After");
        assert.equal(pb.authStore.token, answer.token);
        assert.ok(pb.authStore.isValid);
    });

    test("a guest and a broken token are refused with 401", async () => {
        await refused(guest(server.url).collection("users").authRefresh(), 401);
        const pb = await user(root, "broken@example.com");
        const token = pb.authStore.token;
        pb.authStore.save(token.slice(0, -3) + (token.endsWith("AAA") ? "BBB" : "AAA"), null);
        await refused(pb.collection("users").authRefresh(), 401);
    });

    test("a token of another collection is refused with 403", async () => {
        await refused(root.collection("users").authRefresh(), 403);
    });

    test("a new password ends older sessions", async () => {
        const pb = await user(root, "rotate@example.com");
        await root.collection("users").update(pb.authStore.record.id, {
            password: "another-password-1",
            passwordConfirm: "another-password-1",
        });
        await refused(pb.collection("users").authRefresh(), 401);
        await refused(
            guest(server.url).collection("users").authWithPassword("rotate@example.com", USER_PASSWORD),
            400,
        );
        const again = guest(server.url);
        await again.collection("users").authWithPassword("rotate@example.com", "another-password-1");
        assert.ok(again.authStore.isValid);
    });

    test("an owner changes the password by giving the old one", async () => {
        const pb = await user(root, "owner@example.com");
        const { id } = pb.authStore.record;
        const change = { password: "owner-password-2", passwordConfirm: "owner-password-2" };
        const users = pb.collection("users");
        assert.deepEqual(codes(await refused(users.update(id, change), 400)), {
            oldPassword: "validation_required",
        });
        const wrong = { ...change, oldPassword: "wrong" };
        assert.deepEqual(codes(await refused(users.update(id, wrong), 400)), {
            oldPassword: "validation_invalid_old_password",
        });
        await users.update(id, { ...change, oldPassword: USER_PASSWORD });
        await refused(users.authRefresh(), 401);
    });
});

describe("auth store", () => {
    test("an invalid token makes a guest, not an error", async () => {
        const pb = guest(server.url);
        pb.authStore.save("not.a.token", null);
        assert.equal(pb.authStore.isValid, false);
        assert.equal((await pb.health.check()).code, 200);
        await refused(pb.collections.getList(), 401);
    });

    test("a deleted record's token is worth nothing", async () => {
        const pb = await user(root, "gone@example.com");
        await root.collection("users").delete(pb.authStore.record.id);
        await refused(pb.collection("users").authRefresh(), 401);
    });

    test("updating the signed-in record updates the store", async () => {
        const pb = await user(root, "self@example.com", { name: "Old" });
        await pb.collection("users").update(pb.authStore.record.id, { name: "New" });
        assert.equal(pb.authStore.record.name, "New");
    });

    test("deleting the signed-in record clears the store", async () => {
        const pb = await user(root, "leaver@example.com");
        await pb.collection("users").delete(pb.authStore.record.id);
        assert.equal(pb.authStore.token, "");
        assert.equal(pb.authStore.record, null);
    });

    test("the store survives a cookie", async () => {
        const pb = await user(root, "cookie@example.com");
        const other = guest(server.url);
        other.authStore.loadFromCookie(pb.authStore.exportToCookie({ httpOnly: false }));
        assert.equal(other.authStore.record.id, pb.authStore.record.id);
        await other.collection("users").authRefresh();
        assert.ok(other.authStore.isValid);
    });
});

describe("listAuthMethods", () => {
    test("names the ways of users", async () => {
        const methods = await guest(server.url).collection("users").listAuthMethods();
        assert.deepEqual(methods.password, { identityFields: ["email"], enabled: true });
        assert.deepEqual(methods.oauth2, { providers: [], enabled: false });
        assert.deepEqual(methods.mfa, { enabled: false, duration: 0 });
        assert.deepEqual(methods.otp, { enabled: false, duration: 0 });
    });

    test("is 404 for what is no auth collection", async () => {
        await root.collections.create({ name: "things" });
        await refused(guest(server.url).collection("things").listAuthMethods(), 404);
        await refused(guest(server.url).collection("nowhere").listAuthMethods(), 404);
    });
});

describe("registration", () => {
    test("needs a matching confirmation and a free email", async () => {
        const users = guest(server.url).collection("users");
        const email = "new@example.com";
        const mismatch = { email, password: USER_PASSWORD, passwordConfirm: "different-1" };
        assert.deepEqual(codes(await refused(users.create(mismatch), 400)), {
            passwordConfirm: "validation_values_mismatch",
        });
        const good = { email, password: USER_PASSWORD, passwordConfirm: USER_PASSWORD };
        const record = await users.create(good);
        assert.equal(record.verified, false);
        assert.equal("email" in record, false, "an email is hidden unless emailVisibility is set");
        assert.deepEqual(codes(await refused(users.create(good), 400)), {
            email: "validation_not_unique",
        });
    });

    test("nobody verifies himself", async () => {
        const users = guest(server.url).collection("users");
        const error = await refused(
            users.create({
                email: "trick@example.com",
                password: USER_PASSWORD,
                passwordConfirm: USER_PASSWORD,
                verified: true,
            }),
            400,
        );
        assert.deepEqual(codes(error), { verified: "validation_values_mismatch" });
    });
});
