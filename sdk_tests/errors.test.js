import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import PocketBase, { BaseAuthStore, ClientResponseError } from "pocketbase";

import { createBlog } from "./support/blog.js";
import { guest, refused, superuser } from "./support/clients.js";
import { startServer } from "./support/server.js";

let server;
let pb;

before(async () => {
    server = await startServer();
    await createBlog(await superuser(server.url));
    pb = guest(server.url);
});
after(() => server?.stop());

test("a validation error carries status, url, message and codes", async () => {
    const error = await refused(pb.collection("posts").create({ title: "" }), 400);
    assert.equal(error.name, "ClientResponseError 400");
    assert.equal(error.url, `${server.url}/api/collections/posts/records`);
    assert.equal(error.message, "Failed to create record.");
    assert.equal(error.isAbort, false);
    assert.deepEqual(error.response, {
        data: { title: { code: "validation_required", message: "Cannot be blank." } },
        message: "Failed to create record.",
        status: 400,
    });
    assert.equal(error.data, error.response);
});

test("params appear where a message needs them", async () => {
    const error = await refused(pb.collection("posts").create({ title: "x".repeat(201) }), 400);
    const { title } = error.response.data;
    assert.equal(title.code, "validation_max_text_constraint");
    assert.deepEqual(title.params, { max: 200 });
    assert.equal(title.message, "Must be no more than 200 character(s).");
});

test("401, 403 and 404 have PocketBase's sentences", async () => {
    const unauthorized = await refused(pb.collections.getList(), 401);
    assert.deepEqual(unauthorized.response, {
        data: {},
        message: "The request requires valid record authorization token.",
        status: 401,
    });
    const forbidden = await refused(pb.collection("_superusers").getList(), 403);
    assert.deepEqual(forbidden.response, {
        data: {},
        message: "Only superusers can perform this action.",
        status: 403,
    });
    const missing = await refused(pb.collection("posts").getOne("absent"), 404);
    assert.deepEqual(missing.response, {
        data: {},
        message: "The requested resource wasn't found.",
        status: 404,
    });
});

test("unknown routes and wrong methods are 404", async () => {
    await refused(pb.send("/api/nothing", {}), 404);
    await refused(pb.send("/api/nothing", { method: "POST" }), 404);
    await refused(pb.send("/api/health", { method: "DELETE" }), 404);
    await refused(pb.send("/api/collections/posts/records", { method: "PUT" }), 404);
});

test("a malformed body is 400", async () => {
    const send = (body, type = "application/json") =>
        pb.send("/api/collections/posts/records", {
            method: "POST",
            headers: { "Content-Type": type },
            body,
        });
    for (const body of ['{"title":', "[1]", "1", '{"title":"a","title":"b"}']) {
        const error = await refused(send(body), 400);
        assert.deepEqual(error.response.data, {}, body);
    }
    await refused(send("title=x", "text/plain"), 400);
});

test("a newer request with the same key cancels the older", async () => {
    const cancelling = new PocketBase(server.url, new BaseAuthStore());
    const posts = cancelling.collection("posts");
    const [older, newer] = await Promise.allSettled([posts.getList(), posts.getList()]);
    assert.equal(newer.status, "fulfilled");
    assert.equal(older.status, "rejected");
    assert.ok(older.reason instanceof ClientResponseError);
    assert.equal(older.reason.isAbort, true);
    assert.equal(older.reason.status, 0);
});

test("different keys, and null, do not cancel each other", async () => {
    const cancelling = new PocketBase(server.url, new BaseAuthStore());
    const posts = cancelling.collection("posts");
    const results = await Promise.all([
        posts.getList(1, 5, { requestKey: "a" }),
        posts.getList(1, 5, { requestKey: "b" }),
        posts.getList(1, 5, { requestKey: null }),
        posts.getList(1, 5, { requestKey: null }),
    ]);
    assert.equal(results.length, 4);
});

test("cancelRequest aborts a pending request", async () => {
    const cancelling = new PocketBase(server.url, new BaseAuthStore());
    const pending = cancelling.collection("posts").getList(1, 5, { requestKey: "mine" });
    cancelling.cancelRequest("mine");
    const error = await refused(pending, 0);
    assert.equal(error.isAbort, true);
});

test("a dead server is status 0", async () => {
    const error = await refused(guest("http://127.0.0.1:1").health.check(), 0);
    assert.equal(error.isAbort, false);
});

test("beforeSend and afterSend see every exchange", async () => {
    const watched = guest(server.url);
    const seen = [];
    watched.beforeSend = (url, options) => {
        seen.push(new URL(url).pathname);
        return { url, options };
    };
    watched.afterSend = (response, data) => {
        seen.push(response.status, response.headers.get("content-type"));
        return { ...data, seen: true };
    };
    assert.equal((await watched.health.check()).seen, true);
    assert.deepEqual(seen, ["/api/health", 200, "application/json"]);
});
