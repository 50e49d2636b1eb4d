import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { createAll, createBlog, everyone } from "./support/blog.js";
import { guest, pluck, refused, superuser } from "./support/clients.js";
import { startServer } from "./support/server.js";

const FIRST_DAY = new Date(Date.UTC(2024, 0, 1, 12, 30, 15, 250));
const DAY_MS = 86_400_000;

let server;
let root;
let pb;
let posts;
let tags;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
    await createBlog(root);
    pb = guest(server.url);
    posts = pb.collection("posts");
    tags = await createAll(pb.collection("tags"), [
        { name: "red", weight: 1 },
        { name: "green", weight: 2 },
        { name: "blue", weight: 3 },
    ]);
    const [red, green] = tags;
    await createAll(posts, [
        post("alpha", 0, { active: true, kinds: ["a", "b"], tags: [red.id, green.id], meta: { n: 1 } }),
        post("beta", 1, { kinds: ["a"], tags: [green.id], meta: ["x"] }),
        post("gamma \"quoted\" 'and' \\ more", 2, { active: true, state: "live", meta: "plain" }),
        post("delta 100%", 3, { state: "draft" }),
        post("epsilon_under", 4, { kinds: ["c"], tags: [red.id] }),
    ]);
});
after(() => server?.stop());

function post(title, index, data) {
    return { title, views: index * 10, published: new Date(+FIRST_DAY + index * DAY_MS), ...data };
}

async function titles(filter, params) {
    const items = await posts.getFullList({ filter: pb.filter(filter, params), sort: "views" });
    return items.map((item) => item.title.split(/[ _]/)[0]);
}

describe("getList", () => {
    test("pages through everything with totals", async () => {
        const first = await posts.getList(1, 2, { sort: "views" });
        assert.equal(first.page, 1);
        assert.equal(first.perPage, 2);
        assert.equal(first.totalItems, 5);
        assert.equal(first.totalPages, 3);
        assert.deepEqual(pluck(first.items, "views"), [0, 10]);
        const last = await posts.getList(3, 2, { sort: "views" });
        assert.deepEqual(pluck(last.items, "views"), [40]);
    });

    test("a page past the end is empty", async () => {
        const page = await posts.getList(9, 2);
        assert.deepEqual(page.items, []);
        assert.equal(page.page, 9);
        assert.equal(page.totalItems, 5);
    });

    test("skipTotal leaves the totals out", async () => {
        const page = await posts.getList(1, 3, { skipTotal: true });
        assert.equal(page.totalItems, -1);
        assert.equal(page.totalPages, -1);
        assert.equal(page.items.length, 3);
    });

    test("perPage has a default and a limit", async () => {
        assert.equal((await posts.getList(1, 0)).perPage, 30);
        assert.equal((await posts.getList(-1, 9999)).perPage, 1000);
        assert.equal((await posts.getList(-1, 9999)).page, 1);
    });

    test("without sort the order is that of creation", async () => {
        assert.deepEqual(pluck((await posts.getList()).items, "views"), [0, 10, 20, 30, 40]);
    });

    test("bad queries are 400, a missing collection 404", async () => {
        await refused(posts.getList("abc"), 400);
        await refused(posts.getList(1, 10, { filter: "absent = 1" }), 400);
        await refused(posts.getList(1, 10, { filter: "title = " }), 400);
        await refused(posts.getList(1, 10, { sort: "absent" }), 400);
        await refused(pb.collection("absent").getList(), 404);
    });
});

describe("sort", () => {
    test("by one field, up and down", async () => {
        const up = pluck(await posts.getFullList({ sort: "title" }), "title");
        assert.deepEqual(up, [...up].sort());
        const down = pluck(await posts.getFullList({ sort: "-title" }), "title");
        assert.deepEqual(down, up.reverse());
    });

    test("by several fields", async () => {
        const items = await posts.getFullList({ sort: "-active,-views" });
        assert.deepEqual(pluck(items, "views"), [20, 0, 40, 30, 10]);
    });

    test("by a field of a related record", async () => {
        const comments = await createAll(pb.collection("comments"), [
            { text: "on beta", post: (await posts.getFirstListItem("views = 10")).id },
            { text: "on alpha", post: (await posts.getFirstListItem("views = 0")).id },
        ]);
        const sorted = await pb.collection("comments").getFullList({ sort: "post.title" });
        assert.deepEqual(pluck(sorted, "text"), ["on alpha", "on beta"]);
        await Promise.all(comments.map(({ id }) => pb.collection("comments").delete(id)));
    });

    test("@rowid and @random are understood", async () => {
        const items = await posts.getFullList({ sort: "-@rowid" });
        assert.deepEqual(pluck(items, "views"), [40, 30, 20, 10, 0]);
        assert.equal((await posts.getFullList({ sort: "@random" })).length, 5);
    });
});

describe("getFirstListItem", () => {
    test("finds the first match", async () => {
        const record = await posts.getFirstListItem("views >= 20", { sort: "-views" });
        assert.equal(record.views, 40);
    });

    test("throws a 404 when nothing matches", async () => {
        const error = await refused(posts.getFirstListItem("views = 12345"), 404);
        assert.equal(error.message, "The requested resource wasn't found.");
        assert.deepEqual(error.response.data, {});
    });

    test("throws the server's error for a bad filter", async () => {
        await refused(posts.getFirstListItem("views ="), 400);
    });
});

describe("getFullList", () => {
    const COUNT = 1203;

    before(async () => {
        await root.collections.create({
            ...everyone,
            name: "numbers",
            fields: [{ name: "value", type: "number" }],
        });
        const numbers = pb.collection("numbers");
        for (let start = 0; start < COUNT; start += 50) {
            const values = Array.from({ length: Math.min(50, COUNT - start) }, (_, i) => start + i);
            await Promise.all(values.map((value) => numbers.create({ value })));
        }
    });

    test("fetches all pages of more than 1,000 records", async () => {
        const items = await pb.collection("numbers").getFullList({ sort: "value" });
        assert.deepEqual(pluck(items, "value"), Array.from({ length: COUNT }, (_, i) => i));
        assert.equal(new Set(pluck(items, "id")).size, COUNT);
    });

    test("takes a smaller batch", async () => {
        const items = await pb
            .collection("numbers")
            .getFullList({ batch: 250, filter: "value < 600", fields: "value" });
        assert.equal(items.length, 600);
        assert.deepEqual(items[0], { value: 0 });
    });

    test("honours a filter", async () => {
        assert.equal((await pb.collection("numbers").getFullList({ filter: "value < 7" })).length, 7);
    });
});

describe("filter() binds", () => {
    test("text, whatever it contains", async () => {
        assert.deepEqual(await titles("title = {:t}", { t: "alpha" }), ["alpha"]);
        const nasty = "gamma \"quoted\" 'and' \\ more";
        assert.deepEqual(await titles("title = {:t}", { t: nasty }), ["gamma"]);
        assert.deepEqual(await titles("title = {:t}", { t: "' || 1=1 || '" }), []);
        assert.deepEqual(await titles("title = {:t}", { t: "" }), []);
    });

    test("text with line breaks, tabs and backslashes", async () => {
        const comments = pb.collection("comments");
        for (const text of ["two\nlines", "a\ttab", "one\r\ntwo", "C:\\new\\", "\\\\\""]) {
            const { id } = await comments.create({ text });
            const found = await comments.getFirstListItem(pb.filter("text = {:text}", { text }));
            assert.equal(found.id, id, JSON.stringify(text));
        }
    });

    test("numbers", async () => {
        assert.deepEqual(await titles("views > {:n}", { n: 25 }), ["delta", "epsilon"]);
        assert.deepEqual(await titles("views > {:n}", { n: 29.5 }), ["delta", "epsilon"]);
        assert.deepEqual(await titles("views > {:n} && views < 5", { n: -1 }), ["alpha"]);
    });

    test("booleans", async () => {
        assert.deepEqual(await titles("active = {:b}", { b: true }), ["alpha", "gamma"]);
        assert.deepEqual(await titles("active = {:b}", { b: false }), ["beta", "delta", "epsilon"]);
    });

    test("null", async () => {
        assert.deepEqual(await titles("meta = {:x}", { x: null }), ["delta", "epsilon"]);
        assert.deepEqual(await titles("state = {:x}", { x: null }), ["alpha", "beta", "epsilon"]);
    });

    test("dates", async () => {
        const second = new Date(+FIRST_DAY + DAY_MS);
        assert.deepEqual(await titles("published = {:d}", { d: second }), ["beta"]);
        assert.deepEqual(await titles("published < {:d}", { d: second }), ["alpha"]);
    });

    test("arrays and objects as their JSON", async () => {
        assert.deepEqual(await titles("meta = {:a}", { a: ["x"] }), ["beta"]);
        assert.deepEqual(await titles("meta = {:o}", { o: { n: 1 } }), ["alpha"]);
    });
});

describe("filters", () => {
    test("contains, starts and ends with", async () => {
        assert.deepEqual(await titles("title ~ 'et'"), ["beta"]);
        assert.deepEqual(await titles("title ~ 'EPS%'"), ["epsilon"]);
        assert.deepEqual(await titles("title ~ '_under'"), ["epsilon"]);
        assert.deepEqual(await titles("title ~ '100\\\\%'"), ["delta"]);
        assert.deepEqual(await titles("title !~ 'a'"), ["epsilon"]);
    });

    test("and, or and brackets", async () => {
        assert.deepEqual(await titles("(views = 0 || views = 10) && active = true"), ["alpha"]);
        assert.deepEqual(await titles("views = 0 || (views = 10 && active = true)"), ["alpha"]);
    });

    test("relations: all must match, or any with ?", async () => {
        assert.deepEqual(await titles("tags.name = 'green'"), ["beta"]);
        assert.deepEqual(await titles("tags.name ?= 'green'"), ["alpha", "beta"]);
        assert.deepEqual(await titles("tags.weight ?> 1"), ["alpha", "beta"]);
        assert.deepEqual(await titles("tags:length = 2"), ["alpha"]);
        assert.deepEqual(await titles("tags ~ {:id}", { id: tags[0].id }), ["alpha", "epsilon"]);
    });

    test("multiple selects with :each and :length", async () => {
        assert.deepEqual(await titles("kinds:each = 'a'"), ["beta"]);
        assert.deepEqual(await titles("kinds:each ?= 'a'"), ["alpha", "beta"]);
        assert.deepEqual(await titles("kinds:length = 2"), ["alpha"]);
    });

    test("json paths", async () => {
        assert.deepEqual(await titles("meta.n = 1"), ["alpha"]);
        assert.deepEqual(await titles("meta.0 = 'x'"), ["beta"]);
    });

    test(":lower, macros and comments", async () => {
        assert.deepEqual(await titles("title:lower = 'alpha'"), ["alpha"]);
        assert.deepEqual(await titles("created <= @now && views = 0"), ["alpha"]);
        assert.deepEqual(await titles("views = 0 // the first\n"), ["alpha"]);
    });

    test("back relations", async () => {
        const alpha = await posts.getFirstListItem("views = 0");
        const comment = await pb.collection("comments").create({ text: "nice", post: alpha.id });
        assert.deepEqual(await titles("comments_via_post.text = 'nice'"), ["alpha"]);
        await pb.collection("comments").delete(comment.id);
    });

    test("functions", async () => {
        assert.deepEqual(await titles("strftime('%d', published) = '03'"), ["gamma"]);
        const { id } = await posts.getFirstListItem("views = 0");
        await posts.update(id, { place: { lon: 23.3, lat: 42.6 } });
        assert.deepEqual(
            await titles("geoDistance(place.lon, place.lat, 23.31, 42.61) < 5"),
            ["alpha"],
        );
    });

    test("hidden fields and request data are not for clients", async () => {
        await refused(titles("secret = 'x'"), 400);
        await refused(titles("@request.auth.id = ''"), 403);
        await refused(titles("@collection.tags.name = 'red'"), 403);
        await refused(posts.getList(1, 1, { sort: "secret" }), 400);
        assert.equal((await root.collection("posts").getList(1, 9, { filter: "secret = ''" })).totalItems, 5);
    });
});
