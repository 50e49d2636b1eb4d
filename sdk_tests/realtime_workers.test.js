import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { createBlog } from "./support/blog.js";
import { guest, refused, superuser, unsubscribeAll, user } from "./support/clients.js";
import { recorder, Stream } from "./support/events.js";
import { startServer } from "./support/server.js";
import { openDoors, openStream, through, workerArgs } from "./support/workers.js";

globalThis.EventSource = Stream;

const WORKERS = 2;
const NEW_PASSWORD = "another-password-2";
const skip =
    (process.env.PB_SERVER === "pocketbase" && "PocketBase is one process") ||
    (process.platform !== "linux" && "several workers need Linux");

describe("several workers", { skip }, () => {
    let server;
    let doors;
    let roots; // one through each door
    let ways; // [worker of the stream, worker of the request]

    before(async () => {
        server = await startServer({ args: workerArgs(WORKERS) });
        doors = await openDoors(server.url, WORKERS);
        ways = doors.flatMap((at) => doors.map((by) => [at, by]));
        roots = [];
        for (const door of doors) {
            roots.push(through(door, await superuser(server.url)));
        }
        await createBlog(roots[0]);
        await roots[0].collections.create({
            name: "news",
            listRule: '@request.auth.id != ""',
            fields: [{ name: "text", type: "text" }],
        });
    });
    afterEach(unsubscribeAll);
    after(async () => {
        doors?.forEach((door) => door.close());
        await server?.stop();
    });

    let number = 0;
    const unused = (word) => `${word}-${(number += 1)}`;
    const someone = (word) => user(roots[0], `${unused(word)}@example.com`);
    const rootOf = (door) => roots[doors.indexOf(door)];

    /** Have `pb` listen to a collection, its stream at one worker, its requests through `by`. */
    async function listen(pb, at, by, collection = "posts") {
        const heard = recorder();
        await openStream(through(by, pb), at);
        await pb.collection(collection).subscribe("*", heard);
        return heard;
    }

    const listenEverywhere = () =>
        Promise.all(ways.map(([at, by]) => listen(guest(server.url), at, by)));

    test("what one writes, the clients of all hear, in order", async () => {
        const listeners = await listenEverywhere();
        const [one, other] = roots.map((root) => root.collection("posts"));
        const { id } = await one.create({ title: "1" });
        await other.update(id, { title: "2" });
        await one.update(id, { title: "3" });
        await other.update(id, { title: "4" });
        await other.update(id, { title: "5" });
        await one.delete(id);
        for (const posts of [one, other]) {
            await posts.create({ title: "end" });
        }
        for (const heard of listeners) {
            const events = await heard.wait(8);
            assert.deepEqual(
                events.map((e) => [e.action, e.record.title]),
                [
                    ["create", "1"], ["update", "2"], ["update", "3"], ["update", "4"],
                    ["update", "5"], ["delete", "5"], ["create", "end"], ["create", "end"],
                ],
            );
        }
    });

    test("many writers at once are all heard, each record in its order", async () => {
        const listeners = await listenEverywhere();
        const records = 30;
        const ids = await Promise.all(Array.from({ length: records }, async (_, place) => {
            const posts = (step) => roots[(place + step) % roots.length].collection("posts");
            const { id } = await posts(0).create({ title: "busy" });
            for (const views of [1, 2, 3]) {
                await posts(views).update(id, { views });
            }
            await posts(4).delete(id);
            return id;
        }));
        await roots[0].collection("posts").create({ title: "end" });
        for (const heard of listeners) {
            const events = await heard.wait(5 * records + 1);
            for (const id of ids) {
                const own = events.filter((e) => e.record.id === id);
                assert.deepEqual(
                    own.map((e) => `${e.action} ${e.record.views}`),
                    ["create 0", "update 1", "update 2", "update 3", "delete 3"],
                );
            }
            assert.equal(events.length, 5 * records + 1);
        }
    });

    test("what a cascade deletes is heard by all", async () => {
        const listeners = await Promise.all(
            ways.map(([at, by]) => listen(guest(server.url), at, by, "comments")),
        );
        for (const [index, root] of roots.entries()) {
            const post = await root.collection("posts").create({ title: "parent" });
            await root.collection("comments").create({ text: "child", post: post.id });
            await root.collection("posts").delete(post.id);
            for (const heard of listeners) {
                const events = (await heard.wait(2 * (index + 1))).slice(2 * index);
                assert.deepEqual(events.map((e) => e.action), ["create", "delete"]);
            }
        }
    });

    test("a transaction is heard by all, or by none", async () => {
        await roots[0].settings.update({ batch: { enabled: true } });
        const listeners = await Promise.all(
            ways.map(([at, by]) => listen(guest(server.url), at, by, "tags")),
        );
        const save = (root, ...names) => {
            const batch = root.createBatch();
            names.forEach((name) => batch.collection("tags").create({ name }));
            return batch.send();
        };
        const names = [];
        for (const root of roots) {
            await refused(save(root, unused("unwritten"), ""), 400);
            const some = [unused("one"), unused("two"), unused("three")];
            await save(root, ...some);
            names.push(...some);
        }
        for (const heard of listeners) {
            const events = await heard.wait(names.length);
            assert.deepEqual(events.map((e) => e.record.name).sort(), [...names].sort());
        }
    });

    test("a stream is asked as the user who subscribed through another worker", async () => {
        await roots[0].collections.create({
            name: "notes",
            listRule: "owner = @request.auth.id",
            fields: [
                { name: "text", type: "text" },
                { name: "owner", type: "relation", collectionId: "_pb_users_auth_", maxSelect: 1 },
            ],
        });
        const owners = [];
        for (const [at, by] of ways) {
            const pb = await someone("owner");
            owners.push([pb.authStore.record.id, await listen(pb, at, by, "notes")]);
        }
        for (const root of roots) {
            for (const [owner] of owners) {
                await root.collection("notes").create({ text: "yours", owner });
            }
        }
        for (const [owner, heard] of owners) {
            const events = await heard.wait(roots.length);
            assert.deepEqual(events.map((e) => e.record.owner), roots.map(() => owner));
        }
    });

    test("options hold wherever they were sent", async () => {
        const few = [];
        for (const [at, by] of ways) {
            const pb = through(by, guest(server.url));
            const heard = recorder();
            await openStream(pb, at);
            await pb.collection("tags").subscribe("*", heard, {
                filter: "weight > 1", fields: "name,weight",
            });
            few.push(heard);
        }
        for (const [index, root] of roots.entries()) {
            for (const weight of [1, 2]) {
                await root.collection("tags").create({ name: `tag ${index} ${weight}`, weight });
            }
        }
        for (const heard of few) {
            assert.deepEqual((await heard.wait(roots.length)).map((e) => e.record), [
                { name: "tag 0 2", weight: 2 }, { name: "tag 1 2", weight: 2 },
            ]);
        }
    });

    test("unsubscribing through another worker ends what the stream gets", async () => {
        for (const [at, by] of ways) {
            const pb = guest(server.url);
            const posts = await listen(pb, at, by);
            const tags = recorder();
            await pb.collection("tags").subscribe("*", tags);
            await pb.collection("posts").unsubscribe("*");
            for (const root of roots) {
                await root.collection("posts").create({ title: "unwanted" });
                await root.collection("tags").create({ name: unused("wanted") });
            }
            await tags.wait(roots.length);
            assert.equal(posts.events.length, 0);
            assert.ok(!pb.realtime.eventSource.names.includes("posts/*"));
        }
    });

    test("nobody takes over a stream through another worker", async () => {
        for (const [at, by] of ways) {
            const pb = await someone("owner");
            const other = through(by, await someone("thief"));
            await listen(pb, at, by);
            const body = { clientId: pb.realtime.clientId, subscriptions: ["posts/*"] };
            const submit = (client) => client.send("/api/realtime", { method: "POST", body });
            await refused(submit(other), 403);
            await refused(submit(through(by, guest(server.url))), 403);
            await submit(pb);
        }
    });

    test("no worker knows a client that nobody has", async () => {
        for (const root of roots) {
            const body = { clientId: "x".repeat(40), subscriptions: [] };
            await refused(root.send("/api/realtime", { method: "POST", body }), 404);
        }
    });

    const ends = {
        "a new password": (root, id) => root.collection("users").update(id, {
            password: NEW_PASSWORD, passwordConfirm: NEW_PASSWORD,
        }),
        "a deletion": (root, id) => root.collection("users").delete(id),
    };
    for (const [name, end] of Object.entries(ends)) {
        test(`${name} in one ends what the user hears from all`, async () => {
            for (const [at, by] of ways) {
                const pb = await someone("leaver");
                const news = await listen(pb, at, at, "news");
                const posts = recorder();
                await pb.collection("posts").subscribe("*", posts);
                const root = rootOf(by);
                await root.collection("news").create({ text: "heard" });
                await news.wait(1);

                await end(root, pb.authStore.record.id);

                await root.collection("news").create({ text: "unheard" });
                await root.collection("posts").create({ title: "for guests" });
                await posts.wait(1);
                assert.deepEqual(news.events.map((e) => e.record.text), ["heard"]);
            }
        });
    }

    test("who signs in again is heard as a user again", async () => {
        const [at, by] = doors;
        const pb = await user(roots[0], "again@example.com");
        const news = await listen(pb, at, by, "news");
        await ends["a new password"](rootOf(by), pb.authStore.record.id);
        await rootOf(by).collection("news").create({ text: "unheard" });
        await pb.collection("users").authWithPassword("again@example.com", NEW_PASSWORD);
        await pb.collection("posts").subscribe("*", () => {});
        await rootOf(by).collection("news").create({ text: "heard" });
        assert.deepEqual((await news.wait(1)).map((e) => e.record.text), ["heard"]);
    });

    test("a rule that one changes counts in all at once", async () => {
        const listeners = await listenEverywhere();
        const fences = await Promise.all(
            ways.map(([at, by]) => listen(guest(server.url), at, by, "tags")),
        );
        for (const [index, root] of roots.entries()) {
            const other = roots[(index + 1) % roots.length];
            await root.collections.update("posts", { listRule: null });
            await root.collection("posts").create({ title: "unheard" });
            await other.collection("posts").create({ title: "unheard" });
            await root.collections.update("posts", { listRule: "" });
            await root.collection("posts").create({ title: "heard" });
            await other.collection("tags").create({ name: `fence ${index}` });
        }
        for (const [index, heard] of listeners.entries()) {
            await fences[index].wait(roots.length);
            const events = await heard.wait(roots.length);
            assert.deepEqual(events.map((e) => e.record.title), roots.map(() => "heard"));
        }
    });

    test("the redirect of an OAuth2 provider finds the client that waits, once", async () => {
        for (const [at, by] of ways) {
            const pb = guest(server.url);
            const heard = recorder();
            await openStream(pb, at);
            await pb.realtime.subscribe("@oauth2", heard);
            const state = pb.realtime.clientId;
            const land = async () => {
                const answer = await by.fetch(
                    `${server.url}/api/oauth2-redirect?state=${state}&code=secret`,
                );
                return answer.headers.get("location");
            };
            assert.match(await land(), /oauth2-redirect-success$/);
            const [event] = await heard.wait(1);
            assert.deepEqual([event.state, event.code], [state, "secret"]);
            assert.match(await land(), /oauth2-redirect-failure$/);
        }
    });

    test("a message of the application reaches who waits for it, wherever", async () => {
        const heard = ways.map(() => recorder());
        for (const [index, [at, by]] of ways.entries()) {
            const pb = through(by, guest(server.url));
            await openStream(pb, at);
            await pb.realtime.subscribe("bell", heard[index]);
        }
        for (const root of roots) {
            await root.send("/bell", { method: "POST" });
        }
        for (const each of heard) {
            const rung = (await each.wait(WORKERS)).map((e) => e.by);
            assert.deepEqual(new Set(rung), new Set(doors.map((door) => door.pid)));
        }
    });

    // The last one: afterwards a door leads nowhere.
    test("the death of one is unnoticed by the clients of the others", async () => {
        const [dying, living] = doors;
        const root = rootOf(living);
        const kept = guest(server.url);
        const lost = [guest(server.url), await someone("lost")];
        const [heard, disconnected] = [await listen(kept, living, living), recorder()];
        kept.realtime.onDisconnect = disconnected;
        const [news, back] = [recorder(), lost.map(() => recorder())];
        for (const [index, pb] of lost.entries()) {
            await openStream(pb, dying);
            await pb.collection("news").subscribe("*", news);
            await pb.realtime.subscribe("PB_CONNECT", back[index]);
        }
        const { clientId } = kept.realtime;
        const body = { clientId: lost[0].realtime.clientId, subscriptions: ["news/*"] };

        process.kill(dying.pid, "SIGKILL");
        const numbers = Array.from({ length: 10 }, (_, index) => `${index}`);
        for (const title of numbers) {
            await root.collection("posts").create({ title });
        }
        await refused(root.send("/api/realtime", { method: "POST", body }), 404);
        await Promise.all(back.map((each) => each.wait(1)));
        const now = await openDoors(server.url, WORKERS);
        for (const door of now) {
            const writer = through(door, await superuser(server.url));
            await writer.collection("news").create({ text: "from each worker" });
            await writer.collection("posts").create({ title: "from each worker" });
        }

        const titles = (await heard.wait(numbers.length + WORKERS)).map((e) => e.record.title);
        assert.deepEqual(titles, [...numbers, "from each worker", "from each worker"]);
        assert.deepEqual(disconnected.events, []);
        assert.equal(kept.realtime.clientId, clientId);
        assert.equal((await news.wait(WORKERS)).length, WORKERS, "the guest is still a guest");
        assert.ok(now.every((door) => door.pid !== dying.pid));
        now.forEach((door) => door.close());
    });
});
