import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { autodates, createAll, everyone } from "./support/blog.js";
import { codes, guest, pluck, refused, superuser, user } from "./support/clients.js";
import { startServer } from "./support/server.js";

const SYSTEM_NAMES = ["_mfas", "_otps", "_externalAuths", "_authOrigins", "_superusers"];

let server;
let root;

before(async () => {
    server = await startServer();
    root = await superuser(server.url);
});
after(() => server?.stop());

describe("list and view", () => {
    test("an empty server has PocketBase's collections", async () => {
        const all = await root.collections.getFullList();
        assert.deepEqual(pluck(all, "name"), [...SYSTEM_NAMES, "users"]);
        const users = all.find((collection) => collection.name === "users");
        assert.equal(users.id, "_pb_users_auth_");
        assert.equal(users.type, "auth");
        assert.equal(users.system, false);
        assert.deepEqual(pluck(users.fields, "name"), [
            "id", "password", "tokenKey", "email", "emailVisibility", "verified",
            "name", "avatar", "created", "updated",
        ]);
    });

    test("getList pages, sorts and filters", async () => {
        const page = await root.collections.getList(1, 2, {
            filter: "type = 'auth'",
            sort: "-name",
        });
        assert.deepEqual(pluck(page.items, "name"), ["users", "_superusers"]);
        assert.equal(page.totalItems, 2);
        assert.equal(page.totalPages, 1);
        assert.equal(page.perPage, 2);
    });

    test("getFirstListItem finds one", async () => {
        const found = await root.collections.getFirstListItem(
            root.filter("name = {:name}", { name: "users" }),
        );
        assert.equal(found.name, "users");
        await refused(root.collections.getFirstListItem("name = 'absent'"), 404);
    });

    test("getOne takes an id, or a name in any case", async () => {
        const byName = await root.collections.getOne("USERS");
        assert.deepEqual(await root.collections.getOne(byName.id), byName);
        await refused(root.collections.getOne("absent"), 404);
    });

    test("secrets never leave the server", async () => {
        const users = await root.collections.getOne("users");
        assert.deepEqual(users.authToken, { duration: 432000 });
        assert.equal("secret" in users.passwordResetToken, false);
    });

    test("fields= narrows the answer", async () => {
        assert.deepEqual(await root.collections.getOne("users", { fields: "name,type" }), {
            name: "users",
            type: "auth",
        });
    });

    test("guests get 401, signed-in users 403", async () => {
        await refused(guest(server.url).collections.getList(), 401);
        const pb = await user(root, "reader@example.com");
        await refused(pb.collections.getList(), 403);
        await refused(pb.collections.create({ name: "mine" }), 403);
    });
});

describe("create", () => {
    test("fills in ids, the id field and closed rules", async () => {
        const collection = await root.collections.create({
            name: "notes",
            fields: [{ name: "title", type: "text", required: true, max: 10 }],
        });
        assert.match(collection.id, /^pbc_\d+$/);
        assert.equal(collection.type, "base");
        assert.deepEqual(pluck(collection.fields, "name"), ["id", "title"]);
        assert.match(collection.fields[1].id, /^text\d+$/);
        assert.equal(collection.fields[0].primaryKey, true);
        for (const rule of ["listRule", "viewRule", "createRule", "updateRule", "deleteRule"]) {
            assert.equal(collection[rule], null, rule);
        }
        assert.deepEqual(collection.indexes, []);
    });

    test("an auth collection brings its system fields and indexes", async () => {
        const collection = await root.collections.create({ name: "clients", type: "auth" });
        assert.deepEqual(pluck(collection.fields, "name"), [
            "id", "password", "tokenKey", "email", "emailVisibility", "verified",
        ]);
        assert.equal(collection.indexes.length, 2);
        assert.equal(collection.authRule, "");
        assert.deepEqual(collection.passwordAuth, { enabled: true, identityFields: ["email"] });
    });

    test("a view collection derives its fields", async () => {
        const notes = await root.collections.create({
            name: "view_source",
            fields: [
                { name: "title", type: "text" },
                { name: "points", type: "number" },
            ],
        });
        await createAll(root.collection(notes.name), [
            { title: "one", points: 1 },
            { title: "two", points: 2 },
        ]);
        const view = await root.collections.create({
            name: "note_titles",
            type: "view",
            listRule: "",
            viewQuery: "SELECT id, title, points, (points * 2) AS twice FROM view_source",
        });
        assert.deepEqual(
            view.fields.map((field) => [field.name, field.type]),
            [["id", "text"], ["title", "text"], ["points", "number"], ["twice", "json"]],
        );
        const rows = await guest(server.url).collection("note_titles").getFullList({ sort: "title" });
        assert.deepEqual(pluck(rows, "title"), ["one", "two"]);
        assert.deepEqual(pluck(rows, "twice"), [2, 4]);
        await refused(root.collection("note_titles").create({ title: "x" }), 400);
    });

    test("every field type can be made", async () => {
        const collection = await root.collections.create({
            name: "all_types",
            fields: [
                { name: "text", type: "text" },
                { name: "editor", type: "editor" },
                { name: "number", type: "number", onlyInt: true },
                { name: "bool", type: "bool" },
                { name: "email", type: "email" },
                { name: "url", type: "url" },
                { name: "date", type: "date" },
                { name: "autodate", type: "autodate", onCreate: true },
                { name: "select", type: "select", values: ["x", "y"], maxSelect: 2 },
                { name: "json", type: "json" },
                { name: "file", type: "file", maxSelect: 1 },
                { name: "relation", type: "relation", collectionId: "_pb_users_auth_" },
                { name: "password", type: "password" },
                { name: "geoPoint", type: "geoPoint" },
            ],
        });
        assert.deepEqual(
            pluck(collection.fields.slice(1), "type"),
            pluck(collection.fields.slice(1), "name"),
        );
    });

    test("mistakes are named per key", async () => {
        assert.deepEqual(codes(await refused(root.collections.create({}), 400)), {
            name: "validation_required",
        });
        assert.deepEqual(
            codes(await refused(root.collections.create({ name: "a b", type: "zz" }), 400)),
            { name: "validation_match_invalid", type: "validation_in_invalid" },
        );
        assert.deepEqual(codes(await refused(root.collections.create({ name: "USERS" }), 400)), {
            name: "validation_collection_name_exists",
        });
        assert.deepEqual(
            codes(await refused(root.collections.create({ name: "r", listRule: "foo = 1" }), 400)),
            { listRule: "validation_invalid_rule" },
        );
        const error = await refused(
            root.collections.create({
                name: "s",
                fields: [{ name: "choice", type: "select" }],
                indexes: ["bad"],
            }),
            400,
        );
        assert.equal(error.response.data.fields[1].values.code, "validation_required");
    });

    test("a refused collection leaves nothing behind", async () => {
        const data = { name: "half", indexes: ["CREATE INDEX `i_half` ON `half` (`absent`)"] };
        await refused(root.collections.create(data), 400);
        await refused(root.collections.getOne("half"), 404);
        await root.collections.create({ name: "half" });
        await root.collections.delete("half");
    });
});

describe("update", () => {
    test("adding, renaming and removing fields keeps the data", async () => {
        const before = await root.collections.create({
            name: "evolving",
            fields: [
                { name: "keep", type: "text" },
                { name: "drop", type: "text" },
                { name: "choice", type: "select", values: ["a", "b"], maxSelect: 1 },
            ],
        });
        const row = await root
            .collection("evolving")
            .create({ keep: "value", drop: "x", choice: "a" });

        const fields = before.fields.filter((field) => field.name !== "drop");
        fields.find((field) => field.name === "keep").name = "kept";
        fields.find((field) => field.name === "choice").maxSelect = 2;
        fields.push({ name: "added", type: "number" });
        const after = await root.collections.update("evolving", { fields, name: "evolved" });

        assert.equal(after.id, before.id);
        assert.deepEqual(pluck(after.fields, "name"), ["id", "kept", "choice", "added"]);
        const changed = await root.collection("evolved").getOne(row.id);
        assert.equal(changed.kept, "value");
        assert.equal(changed.added, 0);
        assert.deepEqual(changed.choice, ["a"]);
        assert.equal("drop" in changed, false);
        await refused(root.collections.getOne("evolving"), 404);
    });

    test("rules and indexes change alone", async () => {
        await root.collections.create({
            name: "ruled",
            fields: [{ name: "code", type: "text" }],
        });
        const index = "CREATE UNIQUE INDEX `idx_ruled` ON `ruled` (`code`)";
        const updated = await root.collections.update("ruled", {
            ...everyone,
            indexes: [index],
        });
        assert.equal(updated.listRule, "");
        assert.deepEqual(updated.indexes, [index]);
        const ruled = guest(server.url).collection("ruled");
        await ruled.create({ code: "1" });
        assert.deepEqual(codes(await refused(ruled.create({ code: "1" }), 400)), {
            code: "validation_not_unique",
        });
        await root.collections.update("ruled", { createRule: null });
        await refused(ruled.create({ code: "2" }), 403);
    });

    test("a field's type and system collections are fixed", async () => {
        const collection = await root.collections.create({
            name: "fixed",
            fields: [{ name: "value", type: "text" }],
        });
        const [id, value] = collection.fields;
        const error = await refused(
            root.collections.update("fixed", { fields: [id, { ...value, type: "number" }] }),
            400,
        );
        assert.equal(error.response.data.fields[1].code, "validation_field_type_change");
        assert.deepEqual(
            codes(await refused(root.collections.update("_superusers", { name: "roots" }), 400)),
            { name: "validation_collection_system_name_change" },
        );
        await refused(root.collections.update("absent", { name: "x" }), 404);
    });
});

describe("delete and truncate", () => {
    test("a deleted collection and its records are gone", async () => {
        await root.collections.create({ name: "short_lived" });
        assert.equal(await root.collections.delete("short_lived"), true);
        await refused(root.collections.getOne("short_lived"), 404);
        await refused(root.collection("short_lived").getList(), 404);
        await refused(root.collections.delete("short_lived"), 404);
    });

    test("system and referenced collections stay", async () => {
        await refused(root.collections.delete("_superusers"), 400);
        const target = await root.collections.create({ name: "target" });
        await root.collections.create({
            name: "source",
            fields: [{ name: "rel", type: "relation", collectionId: target.id }],
        });
        const error = await refused(root.collections.delete("target"), 400);
        assert.match(error.message, /source/);
        await root.collections.delete("source");
        await root.collections.delete("target");
    });

    test("truncate empties a collection", async () => {
        await root.collections.create({ name: "crowd" });
        await createAll(root.collection("crowd"), [{}, {}, {}]);
        assert.equal(await root.collections.truncate("crowd"), true);
        assert.equal((await root.collection("crowd").getList()).totalItems, 0);
        await refused(root.collections.truncate("absent"), 404);
        await refused(root.collections.truncate("note_titles"), 400);
    });
});

describe("import", () => {
    const exported = {
        id: "imported_books1",
        name: "books",
        ...everyone,
        fields: [{ id: "text_title", name: "title", type: "text" }, ...autodates],
    };

    test("creates, then merges into what stands", async () => {
        assert.equal(await root.collections.import([exported]), true);
        const book = await root.collection("books").create({ title: "Emma" });
        await root.collections.import([
            { ...exported, fields: [{ id: "num_pages", name: "pages", type: "number" }] },
        ]);
        const merged = await root.collections.getOne(exported.id);
        assert.deepEqual(pluck(merged.fields, "name").sort(), [
            "created", "id", "pages", "title", "updated",
        ]);
        assert.equal((await root.collection("books").getOne(book.id)).title, "Emma");
    });

    test("deleteMissing removes fields and collections, never system ones", async () => {
        const keep = (await root.collections.getFullList()).filter(
            (collection) => collection.name !== "crowd" && collection.name !== "books",
        );
        await root.collections.import([...keep, exported], true);
        await refused(root.collections.getOne("crowd"), 404);
        const names = pluck(await root.collections.getFullList(), "name");
        for (const name of [...SYSTEM_NAMES, "books", "users"]) {
            assert.ok(names.includes(name), name);
        }
        const books = await root.collections.getOne("books");
        assert.equal(pluck(books.fields, "name").includes("pages"), false);
    });

    test("one bad collection refuses the whole import", async () => {
        const error = await refused(
            root.collections.import([{ name: "fine_one" }, { name: "not fine" }]),
            400,
        );
        assert.deepEqual(codes(error), { collections: "validation_collections_import_failure" });
        await refused(root.collections.getOne("fine_one"), 404);
        assert.deepEqual(codes(await refused(root.collections.import([]), 400)), {
            collections: "validation_required",
        });
    });
});

describe("meta", () => {
    test("scaffolds are ready to be created", async () => {
        const scaffolds = await root.collections.getScaffolds();
        assert.deepEqual(Object.keys(scaffolds).sort(), ["auth", "base", "view"]);
        for (const [type, scaffold] of Object.entries(scaffolds)) {
            assert.equal(scaffold.id, "");
            assert.equal(scaffold.name, "");
            assert.equal(scaffold.type, type);
        }
        const made = await root.collections.create({ ...scaffolds.auth, name: "from_scaffold" });
        assert.equal(made.type, "auth");
    });

    test("OAuth2 providers are listed with their names", async () => {
        const providers = await root.collections.getAllOAuth2Providers();
        assert.ok(providers.length > 20, `only ${providers.length}`);
        const google = providers.find((provider) => provider.name === "google");
        assert.equal(google.displayName, "Google");
        assert.ok("logo" in google);
    });

    test("dryRunViewQuery shows fields and a sample", async () => {
        const result = await root.collections.dryRunViewQuery("SELECT id, title FROM view_source");
        assert.deepEqual(pluck(result.fields, "name"), ["id", "title"]);
        assert.deepEqual(pluck(result.sample, "title"), ["one", "two"]);
        await refused(root.collections.dryRunViewQuery("SELECT nothing"), 400);
    });
});
