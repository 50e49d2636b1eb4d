import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { everyone } from "./support/blog.js";
import { codes, guest, refused, superuser, user } from "./support/clients.js";
import { startServer } from "./support/server.js";

/** A PNG of one transparent pixel. */
const PIXEL = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
    "base64",
);

let server;
let pb;
let documents;

before(async () => {
    server = await startServer();
    const root = await superuser(server.url);
    await root.collections.create({
        ...everyone,
        name: "documents",
        fields: [
            { name: "title", type: "text" },
            { name: "count", type: "number" },
            { name: "one", type: "file", maxSelect: 1, maxSize: 1000 },
            { name: "many", type: "file", maxSelect: 3 },
            { name: "picture", type: "file", maxSelect: 1, mimeTypes: ["image/png"] },
        ],
    });
    pb = guest(server.url);
    documents = pb.collection("documents");
});
after(() => server?.stop());

function text(name, content = `content of ${name}`) {
    return new File([content], name, { type: "text/plain" });
}

async function download(record, name) {
    const response = await fetch(pb.files.getURL(record, name));
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

describe("upload", () => {
    test("File objects beside plain values", async () => {
        const record = await documents.create({
            title: "With files",
            count: 3,
            one: text("My Report (final).txt"),
            many: [text("a.txt"), text("b.txt")],
        });
        assert.equal(record.title, "With files");
        assert.equal(record.count, 3);
        assert.match(record.one, /^my_report_final_[A-Za-z0-9]{10}\.txt$/);
        assert.equal(record.many.length, 2);
        assert.match(record.many[0], /^a_[A-Za-z0-9]{10}\.txt$|^[A-Za-z0-9_]+\.txt$/);
        assert.deepEqual(await documents.getOne(record.id), record);
    });

    test("FormData with files", async () => {
        const form = new FormData();
        form.append("title", "Form");
        form.append("one", text("form.txt"));
        form.append("many", text("first.txt"));
        form.append("many", text("second.txt"));
        const record = await documents.create(form);
        assert.equal(record.title, "Form");
        assert.match(record.one, /^form_\w{10}\.txt$/);
        assert.match(record.many[0], /^first_\w{10}\.txt$/);
        assert.match(record.many[1], /^second_\w{10}\.txt$/);
    });

    test("too big, of the wrong type or too many are refused", async () => {
        assert.deepEqual(codes(await refused(documents.create({ one: text("big.txt", "x".repeat(1001)) }), 400)), {
            one: "validation_file_size_limit",
        });
        assert.deepEqual(codes(await refused(documents.create({ picture: text("fake.png") }), 400)), {
            picture: "validation_invalid_mime_type",
        });
        const four = ["1", "2", "3", "4"].map((name) => text(`file${name}.txt`));
        assert.deepEqual(codes(await refused(documents.create({ many: four }), 400)), {
            many: "validation_too_many_files",
        });
        assert.deepEqual(codes(await refused(documents.create({ one: "invented.txt" }), 400)), {
            one: "validation_invalid_file",
        });
    });

    test("append, remove and replace", async () => {
        const record = await documents.create({ many: [text("first.txt")], one: text("old.txt") });
        const [first] = record.many;
        const longer = await documents.update(record.id, { "many+": [text("second.txt")] });
        assert.equal(longer.many.length, 2);
        assert.equal(longer.many[0], first);
        const shorter = await documents.update(record.id, { "many-": [first] });
        assert.deepEqual(shorter.many, [longer.many[1]]);
        const replaced = await documents.update(record.id, { one: text("new.txt") });
        assert.match(replaced.one, /^new_/);
        const cleared = await documents.update(record.id, { one: null, many: [] });
        assert.equal(cleared.one, "");
        assert.deepEqual(cleared.many, []);
    });
});

describe("getURL", () => {
    test("names collection, record, file and options", async () => {
        const record = await documents.create({ picture: new File([PIXEL], "pixel.png") });
        const url = pb.files.getURL(record, record.picture, { thumb: "100x100" });
        assert.equal(
            url,
            `${server.url}/api/files/${record.collectionId}/${record.id}/${record.picture}?thumb=100x100`,
        );
    });

    test("serves what was uploaded with its type", async () => {
        const record = await documents.create({
            one: text("plain.txt", "Grüße"),
            picture: new File([PIXEL], "pixel.png", { type: "image/png" }),
        });
        const plain = await download(record, record.one);
        assert.equal(plain.response.status, 200);
        assert.equal(plain.bytes.toString(), "Grüße");
        assert.match(plain.response.headers.get("content-type"), /^text\/plain/);
        const picture = await download(record, record.picture);
        assert.deepEqual(picture.bytes, PIXEL);
        assert.equal(picture.response.headers.get("content-type"), "image/png");
    });

    test("unknown files, and those of deleted records, are 404", async () => {
        const record = await documents.create({ one: text("gone.txt") });
        assert.equal((await download(record, "absent_0000000000.txt")).response.status, 404);
        await documents.delete(record.id);
        assert.equal((await download(record, record.one)).response.status, 404);
    });

    test("a replaced file is no longer served", async () => {
        const record = await documents.create({ one: text("old.txt") });
        const updated = await documents.update(record.id, { one: text("new.txt") });
        assert.equal((await download(record, record.one)).response.status, 404);
        assert.equal((await download(updated, updated.one)).bytes.toString(), "content of new.txt");
    });
});

describe("protected files", () => {
    test("a file token shows them to whom the view rule lets in", async () => {
        const root = await superuser(server.url);
        await root.collections.create({
            name: "secrets",
            viewRule: "owner = @request.auth.id",
            fields: [
                { name: "owner", type: "text" },
                { name: "doc", type: "file", maxSelect: 1, protected: true },
            ],
        });
        const owner = await user(root, "owner@example.com");
        const other = await user(root, "other@example.com");
        const record = await root
            .collection("secrets")
            .create({ owner: owner.authStore.record.id, doc: text("secret.txt") });
        const status = async (token) =>
            (await fetch(pb.files.getURL(record, record.doc, { token }))).status;

        assert.equal(await status(await owner.files.getToken()), 200);
        assert.equal(await status(await other.files.getToken()), 404);
        assert.equal(await status(await root.files.getToken()), 200);
        assert.equal(await status(owner.authStore.token), 404);
        assert.equal(await status(""), 404);
        await refused(guest(server.url).files.getToken(), 401);
    });
});
