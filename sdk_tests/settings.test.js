import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { getTokenPayload } from "pocketbase";

import { guest, refused, superuser, user, USER_PASSWORD } from "./support/clients.js";
import { startServer } from "./support/server.js";

const WINDOW_S = 1000;

let server;
let root;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
});
after(() => server?.stop());

/** Return the code of the error at a dotted path. */
function code(error, path) {
    return path.split(".").reduce((item, key) => item[key], error.response.data).code;
}

/** Enable one rule for the time of `work`. */
async function limited(rule, work) {
    const rules = [{ duration: WINDOW_S, ...rule }];
    await root.settings.update({ rateLimits: { enabled: true, rules } });
    try {
        await work();
    } finally {
        await root.settings.update({ rateLimits: { enabled: false } });
    }
}

describe("settings.getAll", () => {
    test("a superuser gets every section, without secrets", async () => {
        const settings = await root.settings.getAll();
        assert.deepEqual(Object.keys(settings), [
            "superuserIPs",
            "smtp",
            "backups",
            "s3",
            "meta",
            "rateLimits",
            "trustedProxy",
            "batch",
            "logs",
        ]);
        assert.equal("password" in settings.smtp, false);
        assert.equal("secret" in settings.s3, false);
    });

    test("fields picks", async () => {
        const settings = await root.settings.getAll({ fields: "meta.appName,logs.maxDays" });
        assert.deepEqual(settings, { meta: { appName: "Acme" }, logs: { maxDays: 5 } });
    });

    test("guests and users are refused", async () => {
        await refused(guest(server.url).settings.getAll(), 401);
        const pb = await user(root, "settings@example.com");
        await refused(pb.settings.getAll(), 403);
        await refused(pb.settings.update({ meta: { appName: "Mine" } }), 403);
    });
});

describe("settings.update", () => {
    test("merges deeply and replaces lists", async () => {
        const before = await root.settings.getAll();
        const after = await root.settings.update({
            meta: { senderName: "Team" },
            trustedProxy: { headers: ["X-Real-IP"] },
        });
        assert.deepEqual(after, {
            ...before,
            meta: { ...before.meta, senderName: "Team" },
            trustedProxy: { headers: ["X-Real-IP"], useLeftmostIP: false },
        });
        assert.deepEqual(await root.settings.getAll(), after);
        await root.settings.update({ trustedProxy: { headers: [] } });
    });

    test("a secret is taken and never given", async () => {
        const answer = await root.settings.update({ smtp: { password: "hush" } });
        assert.equal(JSON.stringify(answer).includes("hush"), false);
        await root.settings.update({ smtp: { password: "" } });
    });

    test("errors have the path of their value", async () => {
        const error = await refused(
            root.settings.update({
                superuserIPs: ["127.0.0.1", "x"],
                smtp: { port: -1 },
                meta: { appName: "" },
                backups: { cron: "x" },
                rateLimits: { rules: [{ label: "!", duration: 1, maxRequests: 1 }] },
            }),
            400,
        );
        assert.equal(code(error, "superuserIPs.1"), "validation_invlaid_ip_or_subnet");
        assert.equal(code(error, "smtp.port"), "validation_min_greater_equal_than_required");
        assert.equal(code(error, "meta.appName"), "validation_required");
        assert.equal(code(error, "backups.cron"), "validation_invalid_cron");
        assert.equal(code(error, "rateLimits.rules.0.label"), "validation_match_invalid");
    });
});

describe("the tests of the settings", () => {
    test("a bucket that is not enabled", async () => {
        const error = await refused(root.settings.testS3("storage"), 400);
        assert.match(error.message, /S3 storage filesystem is not enabled/);
        assert.equal(
            code(await refused(root.settings.testS3("nope"), 400), "filesystem"),
            "validation_in_invalid",
        );
    });

    test("a mail from a template that does not exist", async () => {
        const error = await refused(root.settings.testEmail("nope", "x", "y"), 400);
        assert.equal(code(error, "collection"), "validation_invalid_auth_collection");
        assert.equal(code(error, "email"), "validation_is_email");
        assert.equal(code(error, "template"), "validation_in_invalid");
    });

    test("a client secret for Apple verifies", async () => {
        const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
        const pem = keys.privateKey.export({ type: "pkcs8", format: "pem" });
        const { secret } = await root.settings.generateAppleClientSecret(
            "app.example",
            "ABCDEFGHIJ",
            "1234567890",
            pem,
            60,
        );
        const [header, payload, signature] = secret.split(".");
        const key = { key: keys.publicKey, dsaEncoding: "ieee-p1363" };
        const signed = Buffer.from(`${header}.${payload}`);
        assert.ok(verify("sha256", signed, key, Buffer.from(signature, "base64url")));
        const claims = getTokenPayload(secret);
        assert.equal(claims.sub, "app.example");
        assert.equal(claims.exp - claims.iat, 60);
        await refused(root.settings.generateAppleClientSecret("", "", "", "", 0), 400);
    });
});

describe("rate limits", () => {
    test("a sign-in is limited, for guests only", async () => {
        await user(root, "limited@example.com");
        await limited({ label: "*:auth", maxRequests: 1, audience: "@guest" }, async () => {
            const signIn = (pb) =>
                pb.collection("users").authWithPassword("limited@example.com", USER_PASSWORD);
            const pb = guest(server.url);
            await signIn(pb);
            const error = await refused(signIn(guest(server.url)), 429);
            assert.equal(error.response.message, "Too Many Requests.");
            await signIn(pb); // a guest no more
        });
    });

    test("a change of the settings begins new windows", async () => {
        const pb = guest(server.url);
        await limited({ label: "/api/health", maxRequests: 1 }, async () => {
            await pb.health.check();
            await refused(pb.health.check(), 429);
            await root.settings.update({});
            await pb.health.check();
        });
        await pb.health.check();
        await pb.health.check();
    });
});
