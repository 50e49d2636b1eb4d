import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { EventSource } from "eventsource";

import { autodates, createBlog } from "./support/blog.js";
import { guest, refused, superuser, user } from "./support/clients.js";
import { recorder } from "./support/events.js";
import { startServer } from "./support/server.js";

globalThis.EventSource = EventSource;

let server;
let root;
let open = [];

/** Return a guest whose stream is closed after the test. */
function visitor() {
    const pb = guest(server.url);
    open.push(pb);
    return pb;
}

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
    await createBlog(root);
});
afterEach(async () => {
    for (const pb of [...open, root]) {
        await pb.realtime.unsubscribe();
    }
    open = [];
});
after(() => server?.stop());

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

    test("an alert reaches its district by a filter on the server", async () => {
        await root.collections.create({
            name: "alerts",
            listRule: "",
            fields: [{ name: "district", type: "text" }, { name: "text", type: "text" }],
        });
        const [north, south] = [visitor(), visitor()];
        const [inNorth, inSouth] = [recorder(), recorder()];
        await north.collection("alerts").subscribe("*", inNorth, { filter: "district = 'north'" });
        await south.collection("alerts").subscribe("*", inSouth, { filter: "district = 'south'" });
        for (const district of ["north", "south", "north"]) {
            await root.collection("alerts").create({ district, text: `to ${district}` });
        }
        assert.deepEqual(
            (await inNorth.wait(2)).map((e) => e.record.text), ["to north", "to north"],
        );
        assert.deepEqual((await inSouth.wait(1)).map((e) => e.record.text), ["to south"]);
    });

    test("a technician's location is followed by record", async () => {
        const locations = await root.collections.create({
            name: "locations",
            viewRule: "@request.auth.id != ''",
            fields: [{ name: "place", type: "geoPoint" }, ...autodates],
        });
        const dispatcher = await user(root, "dispatch@example.com");
        open.push(dispatcher);
        const { id } = await root.collection("locations").create({ place: { lon: 0, lat: 0 } });
        const [heard, unheard] = [recorder(), recorder()];
        await dispatcher.collection("locations").subscribe(id, heard);
        await visitor().collection(locations.id).subscribe(id, unheard);
        for (const lon of [1, 2, 3]) {
            await root.collection("locations").update(id, { place: { lon, lat: 5 } });
        }
        assert.deepEqual(
            (await heard.wait(3)).map((e) => e.record.place),
            [1, 2, 3].map((lon) => ({ lon, lat: 5 })),
        );
        assert.equal(unheard.events.length, 0);
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
        await root.collections.create({
            name: "notes",
            listRule: "owner = @request.auth.id",
            viewRule: "owner = @request.auth.id",
            fields: [
                { name: "text", type: "text" },
                { name: "owner", type: "relation", collectionId: "_pb_users_auth_", maxSelect: 1 },
            ],
        });
        const users = [
            await user(root, "first@example.com"), await user(root, "second@example.com"),
        ];
        open.push(...users);
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
        open.push(pb);
        const other = await user(root, "other@example.com");
        await pb.collection("posts").subscribe("*", () => {});
        const body = { clientId: pb.realtime.clientId, subscriptions: ["posts/*"] };
        await refused(other.send("/api/realtime", { method: "POST", body }), 403);
        await refused(visitor().send("/api/realtime", { method: "POST", body }), 403);
        await pb.send("/api/realtime", { method: "POST", body });
    });
});

describe("unsubscribing", () => {
    test("works by function, by topic, by collection and as a whole", async () => {
        const pb = visitor();
        const posts = pb.collection("posts");
        const [byFunction, byTopic, rest, tags] = [recorder(), recorder(), recorder(), recorder()];
        const stop = await posts.subscribe("*", byFunction);
        await posts.subscribe("*", byTopic, { filter: "views = 0" });
        await posts.subscribe("*", rest);
        await pb.collection("tags").subscribe("*", tags);

        await root.collection("posts").create({ title: "1" });
        await Promise.all([byFunction.wait(1), byTopic.wait(1), rest.wait(1)]);
        await stop();
        await root.collection("posts").create({ title: "2" });
        await Promise.all([byTopic.wait(2), rest.wait(2)]);
        await posts.unsubscribe("*");
        await root.collection("posts").create({ title: "3" });
        await root.collection("tags").create({ name: "t1" });
        await tags.wait(1);
        await pb.realtime.unsubscribe();
        assert.equal(pb.realtime.isConnected, false);
        await root.collection("tags").create({ name: "t2" });
        await posts.subscribe("*", rest);
        await root.collection("posts").create({ title: "4" });
        await rest.wait(3);
        assert.deepEqual(
            [byFunction, byTopic, rest, tags].map((each) => each.events.length), [1, 2, 3, 1],
        );
    });
});

describe("a server restart", () => {
    test("is survived without new code", async () => {
        const pb = visitor();
        const heard = recorder();
        const reconnected = recorder();
        await pb.collection("posts").subscribe("*", heard);
        await root.collection("posts").create({ title: "before" });
        await heard.wait(1);
        const known = pb.realtime.clientId;
        await pb.realtime.subscribe("PB_CONNECT", reconnected);
        await server.restart();
        await reconnected.wait(reconnected.events.length + 1);
        assert.notEqual(pb.realtime.clientId, known);
        await root.collection("posts").create({ title: "after" });
        assert.deepEqual((await heard.wait(2)).map((e) => e.record.title), ["before", "after"]);
    });
});
