import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { createAll, createBlog } from "./support/blog.js";
import { codes, guest, refused, superuser, user } from "./support/clients.js";
import { startServer } from "./support/server.js";

const MISSING_ID = "000000000000000";

let server;
let root;
let pb;
let posts;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
    await createBlog(root);
    pb = guest(server.url);
    posts = pb.collection("posts");
});
after(() => server?.stop());

describe("create and view", () => {
    test("answers with every visible field in its type", async () => {
        const record = await posts.create({
            title: "Hello",
            body: "<p>World</p>",
            views: 1.5,
            active: true,
            published: "2024-05-06 07:08:09.123Z",
            kinds: ["b", "a"],
            state: "live",
            meta: { nested: [1, "two", null] },
            place: { lon: 23.32, lat: 42.69 },
            link: "https://example.com/a?b=c",
        });
        assert.match(record.id, /^[a-z0-9]{15}$/);
        assert.match(record.created, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z$/);
        const { id, created, updated, collectionId, ...values } = record;
        assert.deepEqual(values, {
            collectionName: "posts",
            title: "Hello",
            body: "<p>World</p>",
            views: 1.5,
            active: true,
            published: "2024-05-06 07:08:09.123Z",
            kinds: ["b", "a"],
            state: "live",
            meta: { nested: [1, "two", null] },
            place: { lon: 23.32, lat: 42.69 },
            link: "https://example.com/a?b=c",
            author: "",
            tags: [],
        });
        assert.equal(created, updated);
        assert.deepEqual(await posts.getOne(id), record);
    });

    test("absent values are the zero values", async () => {
        const record = await posts.create({ title: "Bare" });
        assert.equal(record.views, 0);
        assert.equal(record.active, false);
        assert.equal(record.published, "");
        assert.deepEqual(record.kinds, []);
        assert.equal(record.state, "");
        assert.equal(record.meta, null);
        assert.deepEqual(record.place, { lon: 0, lat: 0 });
    });

    test("an id may be chosen once", async () => {
        const record = await posts.create({ id: "chosenbyclient0", title: "Mine" });
        assert.equal(record.id, "chosenbyclient0");
        const again = await refused(posts.create({ id: "chosenbyclient0", title: "x" }), 400);
        assert.deepEqual(codes(again), { id: "validation_not_unique" });
        const upper = await refused(posts.create({ id: "ABCDEFGHIJKLMNO", title: "x" }), 400);
        assert.deepEqual(codes(upper), { id: "validation_invalid_format" });
    });

    test("text of any script comes back unchanged", async () => {
        const title = "Ünïcödé ☃ 𝄞 \" ' \\ <b>&amp; \u2028 line";
        assert.equal((await posts.create({ title })).title, title);
    });

    test("a Date becomes UTC text", async () => {
        const published = new Date(Date.UTC(2020, 1, 29, 23, 59, 59, 999));
        const record = await posts.create({ title: "Leap", published });
        assert.equal(record.published, "2020-02-29 23:59:59.999Z");
    });

    test("what is missing is a 404", async () => {
        await refused(posts.getOne(MISSING_ID), 404);
        await refused(pb.collection("absent").getOne(MISSING_ID), 404);
        const error = await refused(posts.getOne(""), 404);
        assert.equal(error.message, "Missing required record id.");
    });

    test("invalid values are named per field", async () => {
        const error = await refused(
            posts.create({
                title: "",
                link: "no url",
                kinds: ["a", "zz"],
                tags: [MISSING_ID],
                place: { lon: 0, lat: 91 },
            }),
            400,
        );
        assert.deepEqual(codes(error), {
            title: "validation_required",
            link: "validation_invalid_url",
            kinds: "validation_invalid_value",
            tags: "validation_missing_rel_records",
            place: "validation_invalid_latitude",
        });
    });
});

describe("update", () => {
    test("changes only what is given, and the updated date", async () => {
        const before = await posts.create({ title: "Before", views: 3 });
        const after = await posts.update(before.id, { title: "After" });
        assert.equal(after.title, "After");
        assert.equal(after.views, 3);
        assert.equal(after.created, before.created);
        assert.ok(after.updated >= before.updated);
        assert.deepEqual(await posts.getOne(before.id), after);
    });

    test("a refused update changes nothing", async () => {
        const before = await posts.create({ title: "Stays", views: 1 });
        const error = await refused(posts.update(before.id, { title: "", views: 2 }), 400);
        assert.deepEqual(codes(error), { title: "validation_required" });
        assert.deepEqual(await posts.getOne(before.id), before);
        await refused(posts.update(MISSING_ID, { title: "x" }), 404);
    });

    test("an id never changes", async () => {
        const { id } = await posts.create({ title: "Rock" });
        const error = await refused(posts.update(id, { id: "abcdefghijklmno" }), 400);
        assert.deepEqual(codes(error), { id: "validation_pk_change" });
    });

    test("dates given by the client do not move autodates", async () => {
        const created = "2001-01-01 00:00:00.000Z";
        const record = await posts.create({ title: "Now", created });
        assert.notEqual(record.created, created);
    });
});

describe("modifiers", () => {
    test("numbers add and subtract", async () => {
        const { id } = await posts.create({ title: "Count", views: 7.5 });
        assert.equal((await posts.update(id, { "views+": 2 })).views, 9.5);
        assert.equal((await posts.update(id, { "views-": 10 })).views, -0.5);
        assert.equal((await posts.update(id, { "views+": 1, "views-": 2 })).views, -1.5);
    });

    test("pbpy counts every one of concurrent additions", async (t) => {
        if (server.name !== "pbpy") {
            return t.skip("PocketBase adds to the value it read before");
        }
        const { id } = await posts.create({ title: "Race" });
        await Promise.all(Array.from({ length: 25 }, () => posts.update(id, { "views+": 1 })));
        assert.equal((await posts.getOne(id)).views, 25);
    });

    test("selects append, prepend and remove", async () => {
        const { id } = await posts.create({ title: "Select", kinds: ["b"] });
        assert.deepEqual((await posts.update(id, { "kinds+": "c" })).kinds, ["b", "c"]);
        assert.deepEqual((await posts.update(id, { "+kinds": "a" })).kinds, ["a", "b", "c"]);
        assert.deepEqual((await posts.update(id, { "kinds-": ["b", "c"] })).kinds, ["a"]);
    });

    test("relations append, prepend and remove", async () => {
        const [a, b, c] = await createAll(pb.collection("tags"), [
            { name: "mod-a" },
            { name: "mod-b" },
            { name: "mod-c" },
        ]);
        const { id } = await posts.create({ title: "Relate", tags: [b.id] });
        assert.deepEqual((await posts.update(id, { "tags+": [c.id, b.id] })).tags, [b.id, c.id]);
        assert.deepEqual((await posts.update(id, { "+tags": a.id })).tags, [a.id, b.id, c.id]);
        assert.deepEqual((await posts.update(id, { "tags-": b.id })).tags, [a.id, c.id]);
    });
});

describe("delete", () => {
    test("a deleted record is gone", async () => {
        const { id } = await posts.create({ title: "Bye" });
        assert.equal(await posts.delete(id), true);
        await refused(posts.getOne(id), 404);
        await refused(posts.delete(id), 404);
    });

    test("cascades where the relation says so, and clears it elsewhere", async () => {
        const comments = pb.collection("comments");
        const tag = await pb.collection("tags").create({ name: "passing" });
        const post = await posts.create({ title: "Parent", tags: [tag.id] });
        const child = await comments.create({ text: "child", post: post.id });

        await pb.collection("tags").delete(tag.id);
        assert.deepEqual((await posts.getOne(post.id)).tags, []);
        await posts.delete(post.id);
        await refused(comments.getOne(child.id), 404);
    });

    test("a required reference protects its target", async () => {
        await root.collections.create({
            name: "invoices",
            fields: [
                {
                    name: "post",
                    type: "relation",
                    collectionId: (await posts.create({ title: "Probe" })).collectionId,
                    maxSelect: 1,
                    required: true,
                },
            ],
        });
        const post = await posts.create({ title: "Held" });
        await root.collection("invoices").create({ post: post.id });
        await refused(posts.delete(post.id), 400);
        assert.equal((await posts.getOne(post.id)).title, "Held");
    });
});

describe("bodies", () => {
    test("FormData is typed by the fields", async () => {
        const form = new FormData();
        form.append("title", "007");
        form.append("views", "12.5");
        form.append("active", "true");
        form.append("kinds", "a");
        form.append("kinds", "c");
        form.append("meta", '{"a":[1]}');
        const record = await posts.create(form);
        assert.equal(record.title, "007");
        assert.equal(record.views, 12.5);
        assert.equal(record.active, true);
        assert.deepEqual(record.kinds, ["a", "c"]);
        assert.deepEqual(record.meta, { a: [1] });
    });

    test("hidden fields are for superusers", async () => {
        const byGuest = await posts.create({ title: "Hush", secret: "ignored" });
        assert.equal("secret" in byGuest, false);
        assert.equal((await root.collection("posts").getOne(byGuest.id)).secret, "");
        const byRoot = await root.collection("posts").create({ title: "Hush", secret: "kept" });
        assert.equal(byRoot.secret, "kept");
        assert.equal("secret" in (await posts.getOne(byRoot.id)), false);
    });

    test("a relation to an auth record holds its id", async () => {
        const writer = await user(root, "writer@example.com");
        const author = writer.authStore.record.id;
        assert.equal((await writer.collection("posts").create({ title: "By", author })).author, author);
    });
});
