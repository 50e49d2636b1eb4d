import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { everyone } from "./support/blog.js";
import { codes, guest, pluck, refused, superuser, unsubscribeAll, user } from "./support/clients.js";
import { recorder, Stream } from "./support/events.js";
import { startServer } from "./support/server.js";

globalThis.EventSource = Stream;

const ONE = "record000000001";
const TWO = "record000000002";

let server;
let root;
let pb;
let notes;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
    pb = guest(server.url);
    notes = pb.collection("notes");
    await root.collections.create({
        ...everyone,
        name: "tags",
        createRule: "@request.auth.id != ''",
        fields: [{ name: "name", type: "text" }],
    });
    const tags = await root.collections.getOne("tags");
    await root.collections.create({
        ...everyone,
        name: "notes",
        fields: [
            { name: "title", type: "text", max: 20 },
            { name: "count", type: "number" },
            { name: "tag", type: "relation", collectionId: tags.id, maxSelect: 1 },
            { name: "files", type: "file", maxSelect: 5 },
        ],
    });
    const disabled = pb.createBatch();
    disabled.collection("notes").create({ title: "early" });
    await refused(disabled.send(), 403);
    await root.settings.update({ batch: { enabled: true, maxRequests: 50, timeout: 5 } });
});
afterEach(async () => {
    await unsubscribeAll();
    for (const record of await root.collection("notes").getFullList()) {
        await root.collection("notes").delete(record.id);
    }
});
after(() => server?.stop());

const titles = async () => pluck(await notes.getFullList({ sort: "title" }), "title");

/** Return the answer to the only item that has failed, which is the one at `index`. */
function failure(error, index) {
    assert.equal(error.response.message, "Batch transaction failed.");
    assert.deepEqual(Object.keys(error.response.data.requests), [String(index)]);
    const { code, message, response } = error.response.data.requests[index];
    assert.deepEqual([code, message], ["batch_request_failed", "Batch request failed."]);
    return { response };
}

describe("a batch that succeeds", () => {
    test("does everything in order", async () => {
        const batch = pb.createBatch();
        const items = batch.collection("notes");
        items.create({ id: ONE, title: "created" });
        items.update(ONE, { "count+": 2, title: "updated" });
        items.upsert({ id: ONE, "count+": 3 });
        items.upsert({ id: TWO, title: "upserted" });
        items.create({ title: "gone", id: "record000000003" });
        items.delete("record000000003");
        const answers = await batch.send();
        assert.deepEqual(
            answers.map((answer) => [answer.status, answer.body?.title, answer.body?.count]),
            [
                [200, "created", 0],
                [200, "updated", 2],
                [200, "updated", 5],
                [200, "upserted", 0],
                [200, "gone", 0],
                [204, undefined, undefined],
            ],
        );
        assert.equal(answers[5].body, null);
        assert.deepEqual(await notes.getOne(ONE), answers[2].body);
        assert.deepEqual(await titles(), ["updated", "upserted"]);
    });

    test("answers each item as its options say", async () => {
        const signedIn = await user(root, "expands@example.com");
        const batch = signedIn.createBatch();
        batch.collection("tags").create({ id: ONE, name: "blue" });
        batch.collection("notes").create({ tag: ONE }, { expand: "tag", fields: "expand.tag.name" });
        const [, note] = await batch.send();
        assert.deepEqual(note.body, { expand: { tag: { name: "blue" } } });
    });

    test("stores the files of its items", async () => {
        const file = (name) => new File([`content of ${name}`], name, { type: "text/plain" });
        const batch = pb.createBatch();
        batch.collection("notes").create({ id: ONE, files: [file("a.txt"), file("b.txt")] });
        batch.collection("notes").update(ONE, { "files+": file("c.txt"), title: "three" });
        batch.collection("notes").create({ title: "none" });
        const [, updated, none] = await batch.send();
        assert.equal(updated.body.title, "three");
        assert.deepEqual(none.body.files, []);
        const contents = await Promise.all(updated.body.files.map(async (name) => {
            const response = await fetch(pb.files.getURL(updated.body, name));
            return response.text();
        }));
        assert.deepEqual(contents, ["a.txt", "b.txt", "c.txt"].map((name) => `content of ${name}`));
    });

    test("is heard after it, in order", async () => {
        const heard = recorder();
        await notes.subscribe("*", heard);
        const batch = pb.createBatch();
        for (const title of ["a", "b", "c"]) {
            batch.collection("notes").create({ title });
        }
        await batch.send();
        await heard.wait(3);
        assert.deepEqual(
            heard.events.map((event) => [event.action, event.record.title]),
            [["create", "a"], ["create", "b"], ["create", "c"]],
        );
    });
});

describe("a batch that fails", () => {
    test("changes nothing, and names the item with its errors", async () => {
        await notes.create({ id: ONE, title: "kept" });
        const heard = recorder();
        await notes.subscribe("*", heard);
        const batch = pb.createBatch();
        batch.collection("notes").create({ title: "lost" });
        batch.collection("notes").delete(ONE);
        batch.collection("notes").create({ title: "longer than 20 characters" });
        batch.collection("notes").create({ title: "longer than 20 characters" });
        const failed = failure(await refused(batch.send(), 400), 2);
        assert.deepEqual(codes(failed), { title: "validation_max_text_constraint" });
        assert.equal(failed.response.message, "Failed to create record.");
        assert.deepEqual(await titles(), ["kept"]);

        await notes.update(ONE, { title: "next" });
        await heard.wait(1);
        assert.deepEqual(pluck(heard.events, "action"), ["update"]);
    });

    test("because of a rule, which headers of an item cannot change", async () => {
        const batch = pb.createBatch();
        const headers = { Authorization: root.authStore.token };
        batch.collection("notes").create({ title: "lost" });
        batch.collection("tags").create({ name: "not mine" }, { headers });
        const { response } = failure(await refused(batch.send(), 400), 1);
        assert.deepEqual(response, { data: {}, message: "Failed to create record.", status: 400 });
        assert.deepEqual(await titles(), []);
    });

    test("because a record or a collection is missing", async () => {
        const batch = pb.createBatch();
        batch.collection("notes").update(ONE, { title: "x" });
        assert.equal(failure(await refused(batch.send(), 400), 0).response.status, 404);
        const other = pb.createBatch();
        other.collection("nothing").upsert({ title: "x" });
        const { response } = failure(await refused(other.send(), 400), 0);
        assert.equal(response.message, "Missing collection context.");
    });

    test("because there is nothing or too much in it", async () => {
        const empty = await refused(pb.createBatch().send(), 400);
        assert.deepEqual(codes(empty), { requests: "validation_required" });
        const batch = pb.createBatch();
        for (let count = 0; count < 51; count++) {
            batch.collection("notes").create();
        }
        const full = await refused(batch.send(), 400);
        assert.deepEqual(codes(full), { requests: "validation_length_too_long" });
    });
});
