import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { createAll } from "./support/blog.js";
import { guest, pluck, refused, superuser, user } from "./support/clients.js";
import { startServer } from "./support/server.js";

let server;
let root;
let ann;
let bob;
let visitor;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
    ann = await user(root, "ann@example.com", { name: "Ann" });
    bob = await user(root, "bob@example.com", { name: "Bob" });
    visitor = guest(server.url);
    const own = "owner = @request.auth.id && @request.auth.id != ''";
    await root.collections.create({
        name: "diaries",
        listRule: `public = true || (${own})`,
        viewRule: `public = true || (${own})`,
        createRule: "@request.auth.id != '' && @request.body.owner = @request.auth.id",
        updateRule: `${own} && @request.body.owner:changed = false`,
        deleteRule: own,
        fields: [
            { name: "text", type: "text", required: true },
            { name: "public", type: "bool" },
            { name: "owner", type: "relation", collectionId: "_pb_users_auth_", maxSelect: 1 },
        ],
    });
    await root.collections.create({
        name: "closed",
        fields: [{ name: "text", type: "text" }],
    });
});
after(() => server?.stop());

describe("a closed collection", () => {
    test("answers 403 to all but superusers", async () => {
        const { id } = await root.collection("closed").create({ text: "x" });
        for (const pb of [visitor, ann]) {
            const closed = pb.collection("closed");
            await refused(closed.getList(), 403);
            await refused(closed.getOne(id), 403);
            await refused(closed.create({ text: "y" }), 403);
            await refused(closed.update(id, { text: "y" }), 403);
            await refused(closed.delete(id), 403);
        }
        assert.equal((await root.collection("closed").getOne(id)).text, "x");
    });
});

describe("rules decide by the record and the request", () => {
    let secret;
    let open;

    before(async () => {
        const owner = ann.authStore.record.id;
        [secret, open] = await createAll(ann.collection("diaries"), [
            { text: "secret", owner },
            { text: "open", owner, public: true },
        ]);
    });

    test("lists hold what each may see, and count only that", async () => {
        const seen = async (pb) => {
            const page = await pb.collection("diaries").getList(1, 50, { sort: "text" });
            assert.equal(page.totalItems, page.items.length);
            return pluck(page.items, "text");
        };
        assert.deepEqual(await seen(ann), ["open", "secret"]);
        assert.deepEqual(await seen(bob), ["open"]);
        assert.deepEqual(await seen(visitor), ["open"]);
        assert.deepEqual(await seen(root), ["open", "secret"]);
    });

    test("a filter cannot look behind the rule", async () => {
        const page = await bob.collection("diaries").getList(1, 50, { filter: "text = 'secret'" });
        assert.equal(page.totalItems, 0);
    });

    test("view is 404 for what one may not see", async () => {
        assert.equal((await ann.collection("diaries").getOne(secret.id)).text, "secret");
        await refused(bob.collection("diaries").getOne(secret.id), 404);
        await refused(visitor.collection("diaries").getOne(secret.id), 404);
        assert.equal((await visitor.collection("diaries").getOne(open.id)).text, "open");
    });

    test("create is a bare 400 when the rule fails", async () => {
        const forged = { text: "forged", owner: ann.authStore.record.id };
        for (const pb of [visitor, bob]) {
            const error = await refused(pb.collection("diaries").create(forged), 400);
            assert.deepEqual(error.response.data, {});
        }
        assert.equal((await root.collection("diaries").getFullList()).length, 2);
        const byRoot = await root.collection("diaries").create(forged);
        await root.collection("diaries").delete(byRoot.id);
    });

    test("update is 404 for others and for forbidden changes", async () => {
        await refused(bob.collection("diaries").update(secret.id, { text: "stolen" }), 404);
        await refused(visitor.collection("diaries").update(secret.id, { text: "stolen" }), 404);
        const gift = { owner: bob.authStore.record.id };
        await refused(ann.collection("diaries").update(secret.id, gift), 404);
        const updated = await ann.collection("diaries").update(secret.id, { text: "still secret" });
        assert.equal(updated.text, "still secret");
        assert.equal(updated.owner, ann.authStore.record.id);
    });

    test("delete is 404 for others", async () => {
        await refused(bob.collection("diaries").delete(open.id), 404);
        await refused(visitor.collection("diaries").delete(open.id), 404);
        assert.equal(await ann.collection("diaries").delete(open.id), true);
    });
});

describe("user records", () => {
    test("see themselves only, a superuser sees all", async () => {
        const own = await ann.collection("users").getFullList();
        assert.deepEqual(pluck(own, "name"), ["Ann"]);
        await refused(ann.collection("users").getOne(bob.authStore.record.id), 404);
        assert.equal((await visitor.collection("users").getList()).totalItems, 0);
        const all = await root.collection("users").getFullList({ sort: "name" });
        assert.deepEqual(pluck(all, "email"), ["ann@example.com", "bob@example.com"]);
    });

    test("an email shows to others only when its owner allows it", async () => {
        await root.collections.update("users", { listRule: "" });
        await bob.collection("users").update(bob.authStore.record.id, { emailVisibility: true });
        const emails = (records) => records.map((record) => record.email ?? null);
        const options = { sort: "name" };
        assert.deepEqual(emails(await visitor.collection("users").getFullList(options)), [
            null, "bob@example.com",
        ]);
        assert.deepEqual(emails(await ann.collection("users").getFullList(options)), [
            "ann@example.com", "bob@example.com",
        ]);
        const probe = await visitor
            .collection("users")
            .getFullList({ filter: "email ~ '@example.com'" });
        assert.deepEqual(pluck(probe, "name"), ["Bob"], "a hidden email is not searched either");
    });

    test("cannot reach what belongs to superusers", async () => {
        for (const pb of [visitor, ann]) {
            await refused(pb.collection("_superusers").getList(), 403);
        }
        await refused(visitor.collections.getOne("users"), 401);
        await refused(ann.collections.delete("users"), 403);
    });
});

describe("rules over other collections", () => {
    test("@collection joins, @request.headers and @request.query are known", async () => {
        await root.collections.create({
            name: "vault",
            listRule: "@collection.diaries.owner ?= @request.auth.id && @request.auth.id != ''",
            viewRule: "@request.headers.x_key = 'opensesame' || @request.query.key = 'opensesame'",
            fields: [{ name: "gold", type: "number" }],
        });
        const { id } = await root.collection("vault").create({ gold: 7 });

        assert.equal((await ann.collection("vault").getFullList()).length, 1);
        assert.equal((await bob.collection("vault").getFullList()).length, 0);
        assert.equal((await visitor.collection("vault").getFullList()).length, 0);

        const vault = visitor.collection("vault");
        await refused(vault.getOne(id), 404);
        assert.equal((await vault.getOne(id, { headers: { "X-Key": "opensesame" } })).gold, 7);
        assert.equal((await vault.getOne(id, { key: "opensesame" })).gold, 7);
    });

    test("a changed rule holds for the next request", async () => {
        const vault = visitor.collection("vault");
        await root.collections.update("vault", { listRule: "" });
        assert.equal((await vault.getList()).totalItems, 1);
        await root.collections.update("vault", { listRule: null });
        await refused(vault.getList(), 403);
    });
});
