import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { createBlog } from "./support/blog.js";
import { guest, refused, superuser, unsubscribeAll, user } from "./support/clients.js";
import { recorder, Stream } from "./support/events.js";
import { startServer } from "./support/server.js";

globalThis.EventSource = Stream;

let server;
let root;

const visitor = () => guest(server.url);
const write = (title) => root.collection("posts").create({ title });
const titles = (heard) => heard.events.map((event) => event.record.title);

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
    await createBlog(root);
    const own = "owner = @request.auth.id";
    await root.collections.create({
        name: "notes",
        listRule: own,
        viewRule: own,
        fields: [
            { name: "text", type: "text" },
            { name: "owner", type: "relation", collectionId: "_pb_users_auth_", maxSelect: 1 },
        ],
    });
});
afterEach(unsubscribeAll);
after(() => server?.stop());

// Before the others: their time covers that of a timer which the broken stream leaves behind.
describe("a server restart", () => {
    test("is survived without new code", async () => {
        const pb = visitor();
        const [heard, connected, disconnected] = [recorder(), recorder(), recorder()];
        await pb.collection("posts").subscribe("*", heard);
        await pb.realtime.subscribe("PB_CONNECT", connected);
        pb.realtime.onDisconnect = disconnected;
        await write("before");
        await heard.wait(1);
        const known = pb.realtime.clientId;

        await server.restart();
        await connected.wait(1);
        await write("after");
        await heard.wait(2);

        assert.notEqual(pb.realtime.clientId, known);
        assert.deepEqual(disconnected.events[0], ["posts/*", "PB_CONNECT"]);
        assert.deepEqual(titles(heard), ["before", "after"]);
    });

    test("costs nobody what only they may see", async () => {
        const pb = await user(root, "stays@example.com");
        const [heard, connected] = [recorder(), recorder()];
        await pb.collection("notes").subscribe("*", heard);
        await pb.realtime.subscribe("PB_CONNECT", connected);
        await server.restart();
        await connected.wait(1);
        const owner = pb.authStore.record.id;
        await root.collection("notes").create({ text: "after", owner });
        assert.deepEqual((await heard.wait(1)).map((e) => e.record.text), ["after"]);
    });
});

describe("a collection", () => {
    test("gives create, update and delete", async () => {
        const pb = visitor();
        const heard = recorder();
        await pb.collection("posts").subscribe("*", heard);
        const { id } = await root.collection("posts").create({ title: "one", secret: "x" });
        await root.collection("posts").update(id, { title: "two" });
        await root.collection("posts").delete(id);
        const events = await heard.wait(3);
        assert.deepEqual(
            events.map((event) => [event.action, event.record.id, event.record.title]),
            [["create", id, "one"], ["update", id, "two"], ["delete", id, "two"]],
        );
        assert.equal(events[0].record.collectionName, "posts");
        assert.ok(events.every((event) => !("secret" in event.record)));
    });

    test("gives one record only to those who ask for it", async () => {
        const pb = visitor();
        const [first, second] = [
            await root.collection("tags").create({ name: "first" }),
            await root.collection("tags").create({ name: "second" }),
        ];
        const heard = recorder();
        await pb.collection("tags").subscribe(first.id, heard);
        await root.collection("tags").update(second.id, { weight: 1 });
        await root.collection("tags").update(first.id, { weight: 2 });
        await root.collection("tags").delete(second.id);
        await root.collection("tags").delete(first.id);
        assert.deepEqual(
            (await heard.wait(2)).map((event) => [event.action, event.record.id]),
            [["update", first.id], ["delete", first.id]],
        );
    });

    test("gives what a cascade has deleted", async () => {
        const pb = visitor();
        const heard = recorder();
        await pb.collection("comments").subscribe("*", heard);
        const post = await root.collection("posts").create({ title: "parent" });
        const comment = await root.collection("comments").create({ text: "a", post: post.id });
        await root.collection("posts").delete(post.id);
        assert.deepEqual(
            (await heard.wait(2)).map((event) => [event.action, event.record.id]),
            [["create", comment.id], ["delete", comment.id]],
        );
    });
});

describe("a transaction", () => {
    before(() => root.settings.update({ batch: { enabled: true } }));

    test("is heard when all of it holds, and else not at all", async () => {
        const pb = visitor();
        const heard = recorder();
        await pb.collection("tags").subscribe("*", heard);
        const save = (...names) => {
            const batch = root.createBatch();
            names.forEach((name) => batch.collection("tags").create({ name }));
            return batch.send();
        };
        await refused(save("unwritten", ""), 400);
        await save("one", "two");
        await save("three");
        const events = await heard.wait(3);
        assert.deepEqual(events.map((e) => e.record.name).sort(), ["one", "three", "two"]);
    });
});

describe("topics", () => {
    test("name the collection by name or id, with or without the star", async () => {
        const pb = visitor();
        const { id } = await root.collections.getOne("tags");
        const topics = ["tags/*", "tags", `${id}/*`, id];
        const heard = topics.map(() => recorder());
        for (const [index, topic] of topics.entries()) {
            await pb.realtime.subscribe(topic, heard[index]);
        }
        await root.collection("tags").create({ name: "by any name" });
        for (const each of heard) {
            assert.deepEqual((await each.wait(1)).map((e) => e.action), ["create"]);
        }
    });
});

describe("options", () => {
    test("filter, expand and fields are each subscription's own", async () => {
        const pb = visitor();
        const author = await user(root, "author@example.com", { name: "Author" });
        const [all, few, shaped] = [recorder(), recorder(), recorder()];
        await pb.collection("posts").subscribe("*", all);
        await pb.collection("posts").subscribe("*", few, { filter: "views > 1" });
        await pb.collection("posts").subscribe("*", shaped, {
            expand: "author", fields: "title,expand.author.name", headers: { "X-Any": "1" },
        });
        for (const views of [1, 2]) {
            await root.collection("posts").create({
                title: `v${views}`, views, author: author.authStore.record.id,
            });
        }
        assert.deepEqual((await all.wait(2)).map((e) => e.record.views), [1, 2]);
        assert.deepEqual((await few.wait(1)).map((e) => e.record.views), [2]);
        assert.deepEqual((await shaped.wait(2)).map((e) => e.record), [
            { title: "v1", expand: { author: { name: "Author" } } },
            { title: "v2", expand: { author: { name: "Author" } } },
        ]);
    });
});

describe("several clients", () => {
    test("each hear what they asked for", async () => {
        const pbs = [visitor(), visitor(), visitor()];
        const heard = pbs.map(() => recorder());
        await pbs[0].collection("posts").subscribe("*", heard[0]);
        await pbs[1].collection("tags").subscribe("*", heard[1]);
        await pbs[2].collection("posts").subscribe("*", heard[2]);
        await pbs[2].collection("tags").subscribe("*", heard[2]);
        await root.collection("posts").create({ title: "post" });
        await root.collection("tags").create({ name: "tag" });
        assert.deepEqual((await heard[0].wait(1)).map((e) => e.record.title), ["post"]);
        assert.deepEqual((await heard[1].wait(1)).map((e) => e.record.name), ["tag"]);
        assert.equal((await heard[2].wait(2)).length, 2);
        const ids = new Set(pbs.map((pb) => pb.realtime.clientId));
        assert.equal(ids.size, 3);
    });

    test("two users hear of their own rows only, deletions too", async () => {
        const users = [
            await user(root, "first@example.com"), await user(root, "second@example.com"),
        ];
        const heard = users.map(() => recorder());
        for (const [index, pb] of users.entries()) {
            await pb.collection("notes").subscribe("*", heard[index]);
        }
        const nobody = recorder();
        await visitor().collection("notes").subscribe("*", nobody);
        for (const pb of users) {
            const { id } = await root.collection("notes").create({
                text: "mine", owner: pb.authStore.record.id,
            });
            await root.collection("notes").update(id, { text: "still mine" });
            await root.collection("notes").delete(id);
        }
        for (const [index, pb] of users.entries()) {
            const events = await heard[index].wait(3);
            assert.deepEqual(events.map((e) => e.action), ["create", "update", "delete"]);
            assert.ok(events.every((e) => e.record.owner === pb.authStore.record.id));
        }
        assert.equal(nobody.events.length, 0);
    });

    test("nobody changes the user of a stream", async () => {
        const pb = await user(root, "switch@example.com");
        const other = await user(root, "other@example.com");
        await pb.collection("posts").subscribe("*", () => {});
        const body = { clientId: pb.realtime.clientId, subscriptions: ["posts/*"] };
        await refused(other.send("/api/realtime", { method: "POST", body }), 403);
        await refused(visitor().send("/api/realtime", { method: "POST", body }), 403);
        await pb.send("/api/realtime", { method: "POST", body });
    });
});

describe("unsubscribing", () => {
    /** Every way to stop a listener of `posts/*`, and whether it also stops those with options. */
    const ways = {
        "the returned function": [(pb, stop) => stop(), false],
        "unsubscribeByTopicAndListener": [
            (pb, stop, listener) =>
                pb.realtime.unsubscribeByTopicAndListener("posts/*", listener),
            false,
        ],
        "unsubscribe of the topic": [(pb) => pb.realtime.unsubscribe("posts/*"), true],
        "unsubscribe of the collection's topic": [
            (pb) => pb.collection("posts").unsubscribe("*"), true,
        ],
        "unsubscribe of the collection": [(pb) => pb.collection("posts").unsubscribe(), true],
        "unsubscribeByPrefix": [(pb) => pb.realtime.unsubscribeByPrefix("posts"), true],
    };

    for (const [name, [leave, withOptions]] of Object.entries(ways)) {
        test(`works by ${name}`, async () => {
            const pb = visitor();
            const [plain, optional, tags] = [recorder(), recorder(), recorder()];
            const stop = await pb.collection("posts").subscribe("*", plain);
            await pb.collection("posts").subscribe("*", optional, { filter: "views = 0" });
            await pb.collection("tags").subscribe("*", tags);
            const [listener] = pb.realtime.subscriptions["posts/*"];
            await write("1");
            await Promise.all([plain.wait(1), optional.wait(1)]);

            await leave(pb, stop, listener);
            await write("2");
            await root.collection("tags").create({ name });

            await tags.wait(1);
            if (!withOptions) {
                await optional.wait(2);
            }
            assert.deepEqual(titles(plain), ["1"]);
            assert.deepEqual(titles(optional), withOptions ? ["1"] : ["1", "2"]);
            const { names } = pb.realtime.eventSource;
            assert.equal(
                names.filter((each) => each.startsWith("posts")).length,
                withOptions ? 2 : 3,
                "the server sends nothing that is not wanted",
            );
        });
    }

    test("leaves the other listeners of the topic", async () => {
        const pb = visitor();
        const [gone, rest] = [recorder(), recorder()];
        const stop = await pb.collection("posts").subscribe("*", gone);
        await pb.collection("posts").subscribe("*", rest);
        await stop();
        await write("1");
        await rest.wait(1);
        assert.deepEqual([titles(gone), titles(rest)], [[], ["1"]]);
    });

    test("from one record leaves the collection", async () => {
        const pb = visitor();
        const [one, all] = [recorder(), recorder()];
        const { id } = await write("1");
        await pb.collection("posts").subscribe(id, one);
        await pb.collection("posts").subscribe("*", all);
        await pb.collection("posts").unsubscribe(id);
        await root.collection("posts").update(id, { title: "2" });
        await all.wait(1);
        assert.deepEqual([titles(one), titles(all)], [[], ["2"]]);
    });

    test("from everything closes the stream, and one may come back", async () => {
        const pb = visitor();
        const [heard, disconnected] = [recorder(), recorder()];
        pb.realtime.onDisconnect = disconnected;
        await pb.collection("posts").subscribe("*", heard);
        await pb.collection("tags").subscribe("*", heard);
        await pb.realtime.unsubscribe();
        assert.equal(pb.realtime.isConnected, false);
        assert.deepEqual(disconnected.events, [[]]);
        await write("unheard");
        await pb.collection("posts").subscribe("*", heard);
        await write("heard");
        await heard.wait(1);
        assert.deepEqual(titles(heard), ["heard"]);
    });
});
