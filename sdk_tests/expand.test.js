import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { createAll, createBlog } from "./support/blog.js";
import { guest, pluck, refused, superuser, user } from "./support/clients.js";
import { startServer } from "./support/server.js";

let server;
let root;
let pb;
let posts;
let author;
let tags;
let post;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
    await createBlog(root);
    pb = guest(server.url);
    posts = pb.collection("posts");
    author = (await user(root, "author@example.com", { name: "Ann" })).authStore.record;
    tags = await createAll(pb.collection("tags"), [{ name: "one" }, { name: "two" }]);
    post = await posts.create({
        title: "Expanded",
        body: "<p>Some <b>bold</b>   text, and&nbsp;more of it.</p><script>x()</script>",
        author: author.id,
        tags: [tags[1].id, tags[0].id],
    });
    await createAll(pb.collection("comments"), [
        { text: "first", post: post.id },
        { text: "second", post: post.id },
    ]);
});
after(() => server?.stop());

describe("expand", () => {
    test("a single relation is an object, a multiple one a list in stored order", async () => {
        const record = await posts.getOne(post.id, { expand: "author,tags" });
        assert.equal(record.expand.author.name, "Ann");
        assert.equal("email" in record.expand.author, false);
        assert.deepEqual(pluck(record.expand.tags, "name"), ["two", "one"]);
        assert.deepEqual(record.tags, [tags[1].id, tags[0].id]);
    });

    test("nested relations", async () => {
        const [comment] = await pb
            .collection("comments")
            .getFullList({ expand: "post.author,post.tags", sort: "text" });
        assert.equal(comment.expand.post.title, "Expanded");
        assert.equal(comment.expand.post.expand.author.id, author.id);
        assert.equal(comment.expand.post.expand.tags.length, 2);
    });

    test("back relations, from one and from many", async () => {
        const record = await posts.getOne(post.id, { expand: "comments_via_post" });
        assert.deepEqual(pluck(record.expand.comments_via_post, "text").sort(), ["first", "second"]);
        const tag = await pb.collection("tags").getOne(tags[0].id, {
            expand: "posts_via_tags.comments_via_post,posts_via_tags.author",
        });
        const [found] = tag.expand.posts_via_tags;
        assert.equal(found.id, post.id);
        assert.equal(found.expand.author.name, "Ann");
        assert.equal(found.expand.comments_via_post.length, 2);
    });

    test("works in lists and in the answers of writes", async () => {
        const page = await posts.getList(1, 10, { expand: "author" });
        assert.equal(page.items[0].expand.author.name, "Ann");
        const created = await posts.create({ title: "New", author: author.id }, { expand: "author" });
        assert.equal(created.expand.author.name, "Ann");
        const updated = await posts.update(created.id, { title: "Newer" }, { expand: "author" });
        assert.equal(updated.expand.author.name, "Ann");
        await posts.delete(created.id);
    });

    test("what cannot be expanded is left out", async () => {
        const record = await posts.getOne(post.id, { expand: "absent,title,author" });
        assert.deepEqual(Object.keys(record.expand), ["author"]);
        const half = await posts.getOne(post.id, { expand: "author.absent" });
        assert.equal(half.expand, undefined, "a path is expanded whole or not at all");
        const empty = await posts.create({ title: "No author" }, { expand: "author" });
        assert.deepEqual(empty.expand ?? {}, {});
        await posts.delete(empty.id);
    });

    test("the view rule of the target holds", async () => {
        await root.collections.update("tags", { viewRule: "name = 'one'" });
        const record = await posts.getOne(post.id, { expand: "tags" });
        assert.deepEqual(pluck(record.expand.tags, "name"), ["one"]);
        await root.collections.update("tags", { viewRule: null });
        const closed = await posts.getOne(post.id, { expand: "tags" });
        assert.equal(closed.expand?.tags, undefined);
        const asRoot = await root.collection("posts").getOne(post.id, { expand: "tags" });
        assert.equal(asRoot.expand.tags.length, 2);
        await root.collections.update("tags", { viewRule: "" });
    });
});

describe("fields", () => {
    test("picks fields, nested ones included", async () => {
        const record = await posts.getOne(post.id, {
            expand: "author,tags",
            fields: "id,title,expand.author.name,expand.tags.name",
        });
        assert.deepEqual(record, {
            id: post.id,
            title: "Expanded",
            expand: { author: { name: "Ann" }, tags: [{ name: "two" }, { name: "one" }] },
        });
    });

    test("* takes everything of its level", async () => {
        const record = await posts.getOne(post.id, {
            expand: "author",
            fields: "*,expand.author.id",
        });
        assert.equal(record.title, "Expanded");
        assert.deepEqual(record.expand, { author: { id: author.id } });
    });

    test("applies to the items of a list only", async () => {
        const page = await posts.getList(1, 1, { fields: "title" });
        assert.deepEqual(page, {
            items: [{ title: "Expanded" }],
            page: 1,
            perPage: 1,
            totalItems: 1,
            totalPages: 1,
        });
    });

    test("excerpt gives plain shortened text", async () => {
        const long = await posts.getOne(post.id, { fields: "body:excerpt(200)" });
        assert.deepEqual(long, { body: "Some bold text, and\u00a0more of it." });
        const cut = await posts.getOne(post.id, { fields: "body:excerpt(9,true)" });
        assert.deepEqual(cut, { body: "Some bold..." });
        const plain = await posts.getOne(post.id, { fields: "body:excerpt(9)" });
        assert.deepEqual(plain, { body: "Some bold" });
    });

    test("an unknown modifier or bad argument is refused", async () => {
        await refused(posts.getOne(post.id, { fields: "body:nope(1)" }), 400);
        await refused(posts.getOne(post.id, { fields: "body:excerpt(0)" }), 400);
    });
});
