import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { codes, guest, pluck, refused, superuser, user } from "./support/clients.js";
import { startServer } from "./support/server.js";

/**
 * @typedef {import("pocketbase").RecordModel & {
 *     name: string, email: string, phone: string, address: string, district: string,
 *     affluenceScore: number, propertyType: "apartment" | "house" | "commercial",
 * }} Contact
 * @typedef {import("pocketbase").RecordModel & {
 *     contactId: string, title: string, technicianId: string, scheduledDate: string,
 *     status: "pending" | "scheduled" | "in_progress" | "completed" | "cancelled",
 *     coordinates: { lon: number, lat: number },
 *     expand?: { contactId?: Contact },
 * }} Job
 * @typedef {import("pocketbase").RecordModel & {
 *     type: string, data: string, targetUsers: string[], district: string, processed: boolean,
 * }} Message
 */

const DISTRICTS = [
    "Śródmieście", "Wilanów", "Mokotów", "Żoliborz", "Ursynów", "Wola", "Praga-Południe", "Targówek",
];
const PNG = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
);

let server;
let root;
let stranger;
let technician;
let colleague;
let dispatcher;
let manager;
let contact;

/** @returns {import("pocketbase").RecordService<Contact>} */
const contacts = (pb) => pb.collection("contacts");
/** @returns {import("pocketbase").RecordService<Job>} */
const jobs = (pb) => pb.collection("jobs");
/** @returns {import("pocketbase").RecordService<Message>} */
const messages = (pb) => pb.collection("realtime_events");
const self = (pb) => pb.authStore.record.id;

const customer = (data = {}) => ({
    name: "Jan Kowalski",
    email: "jan@example.com",
    phone: "+48 600 000 000",
    address: "ul. Nowa 1, Warszawa",
    district: "Wola",
    propertyType: "apartment",
    ...data,
});
const job = (data = {}) => ({
    contactId: contact.id,
    title: "Yearly inspection",
    type: "inspection",
    status: "scheduled",
    priority: "medium",
    scheduledDate: new Date("2025-11-20T10:00:00Z"),
    estimatedDuration: 60,
    ...data,
});

before(async () => {
    server = await startServer({ apps: true });
    root = await superuser(server.url);
    stranger = await user(root, "stranger@example.com");
    const staff = (name, role) => user(root, `${name}@example.com`, { role, name });
    technician = await staff("technician", "technician");
    colleague = await staff("colleague", "technician");
    dispatcher = await staff("dispatcher", "dispatcher");
    manager = await staff("manager", "manager");
    contact = await contacts(dispatcher).create(customer());
});
after(() => server?.stop());

const skipped = () => server.name === "pocketbase" && "PocketBase runs no Python hooks";

describe("staff", () => {
    test("is who has a role, and nobody takes one himself", async () => {
        await refused(stranger.collection("users").update(self(stranger), { role: "manager" }), 404);
        const body = { password: "12345678", passwordConfirm: "12345678", role: "manager" };
        const users = guest(server.url).collection("users");
        await refused(users.create({ ...body, email: "evil@example.com" }), 400);
        for (const pb of [guest(server.url), stranger]) {
            assert.deepEqual(await contacts(pb).getFullList(), []);
            await refused(contacts(pb).getOne(contact.id), 404);
            await refused(contacts(pb).create(customer()), 400);
        }
    });

    test("sees the technicians, others only themselves", async () => {
        const filter = 'role = "technician"';
        const list = await dispatcher.collection("users").getFullList({ filter, sort: "name" });
        assert.deepEqual(pluck(list, "name"), ["colleague", "technician"]);
        const own = await stranger.collection("users").getFullList();
        assert.deepEqual(pluck(own, "id"), [self(stranger)]);
    });
});

describe("contacts", () => {
    test("are filtered by district", async () => {
        for (const district of DISTRICTS) {
            await contacts(dispatcher).create(customer({ name: `in ${district}`, district }));
        }
        for (const district of DISTRICTS) {
            const list = await contacts(technician).getFullList({
                filter: technician.filter("district = {:district} && name ~ 'in '", { district }),
            });
            assert.deepEqual(pluck(list, "name"), [`in ${district}`]);
        }
        const unknown = contacts(dispatcher).create(customer({ district: "Praga" }));
        assert.equal(codes(await refused(unknown, 400)).district, "validation_invalid_value");
    });

    test("have a score between 0 and 1, 0 included", async () => {
        const none = await contacts(dispatcher).create(customer({ affluenceScore: 0 }));
        assert.equal(none.affluenceScore, 0);
        const filter = "affluenceScore >= 0.7";
        await contacts(dispatcher).create(customer({ name: "rich", affluenceScore: 0.95 }));
        const [rich] = await contacts(dispatcher).getFullList({ filter, sort: "-affluenceScore" });
        assert.equal(rich.name, "rich");
        const tooMuch = contacts(dispatcher).create(customer({ affluenceScore: 1.01 }));
        await refused(tooMuch, 400);
    });

    test("with jobs cannot be deleted, and only managers delete", async () => {
        const { id } = await contacts(dispatcher).create(customer());
        const work = await jobs(dispatcher).create(job({ contactId: id }));
        await refused(contacts(dispatcher).delete(id), 404);
        await refused(contacts(manager).delete(id), 400);
        await jobs(manager).delete(work.id);
        await contacts(manager).delete(id);
    });

    test("more than 1,000 of them are listed in full", async () => {
        const names = Array.from({ length: 1010 }, (_, index) => `bulk ${index}`);
        while (names.length) {
            const some = names.splice(0, 10);
            await Promise.all(some.map((name) => contacts(dispatcher).create(customer({ name }))));
        }
        const filter = 'name ~ "bulk %"';
        const list = await contacts(dispatcher).getFullList({ filter, sort: "created,id" });
        assert.equal(new Set(pluck(list, "name")).size, 1010);
    });
});

describe("jobs", () => {
    test("bring their contact and technician", async () => {
        const made = await jobs(dispatcher).create(job({ technicianId: self(technician) }), {
            expand: "contactId,technicianId",
        });
        assert.equal(made.scheduledDate, "2025-11-20 10:00:00.000Z");
        assert.equal(made.completedDate, "");
        assert.equal(made.expand.contactId.name, "Jan Kowalski");
        assert.equal(made.expand.technicianId.name, "technician");
        const shown = await contacts(technician).getOne(contact.id, { expand: "jobs_via_contactId" });
        assert.ok(pluck(shown.expand.jobs_via_contactId, "id").includes(made.id));
    });

    test("are changed by their technician and the office", async () => {
        const { id } = await jobs(dispatcher).create(job({ technicianId: self(technician) }));
        const started = await jobs(technician).update(id, { status: "in_progress" });
        assert.equal(started.status, "in_progress");
        await refused(jobs(colleague).update(id, { status: "cancelled" }), 404);
        const done = { status: "completed", completedDate: new Date(), actualDuration: 45 };
        assert.equal((await jobs(manager).update(id, done)).actualDuration, 45);
        await refused(jobs(technician).delete(id), 404);
    });

    test("are found by technician and day", async () => {
        const day = { technicianId: self(colleague), scheduledDate: "2025-12-01 08:00:00.000Z" };
        const { id } = await jobs(dispatcher).create(job(day));
        const list = await jobs(colleague).getFullList({
            filter: colleague.filter(
                "technicianId = {:me} && scheduledDate >= {:from} && scheduledDate < {:to}",
                { me: self(colleague), from: new Date("2025-12-01"), to: new Date("2025-12-02") },
            ),
            sort: "scheduledDate",
        });
        assert.deepEqual(pluck(list, "id"), [id]);
    });

    test("have a place, with lng for lon", async (t) => {
        if (skipped()) {
            return t.skip(skipped());
        }
        const near = await jobs(dispatcher).create(
            job({ title: "near", coordinates: { lat: 52.2297, lng: 21.0122 } }),
        );
        assert.deepEqual(near.coordinates, { lon: 21.0122, lat: 52.2297 });
        const far = await jobs(dispatcher).create(
            job({ title: "far", coordinates: { lat: 50.0647, lon: 19.945 } }),
        );
        const filter = "geoDistance(coordinates.lon, coordinates.lat, 21.01, 52.23) < 5";
        assert.deepEqual(pluck(await jobs(dispatcher).getFullList({ filter }), "title"), ["near"]);
        const moved = await jobs(dispatcher).update(far.id, { coordinates: near.coordinates });
        assert.deepEqual(moved.coordinates, near.coordinates);
    });
});

describe("files", () => {
    let work;
    before(async () => {
        work = await jobs(dispatcher).create(job());
    });

    const form = (name, type, content) => {
        const data = new FormData();
        data.append("file", new Blob([content], { type }), name);
        data.append("jobId", work.id);
        data.append("contactId", contact.id);
        return data;
    };

    test("a photo of the equipment is uploaded by FormData", async () => {
        const data = form("Pompa ciepła.png", "image/png", PNG);
        data.append("description", "Heat pump");
        const photo = await technician.collection("equipment_photos").create(data);
        assert.match(photo.file, /^pompa_ciep_a_\w{10}\.png$/);
        assert.equal(photo.aiAnalysis, "");
        const response = await fetch(technician.files.getURL(photo, photo.file));
        assert.equal(response.headers.get("content-type"), "image/png");
        assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG);

        const analysis = JSON.stringify({ brand: "Daikin", parts: [1, 2] });
        const analysed = await dispatcher
            .collection("equipment_photos")
            .update(photo.id, { aiAnalysis: analysis });
        assert.equal(analysed.aiAnalysis, analysis, "stays text");
        assert.deepEqual(JSON.parse(analysed.aiAnalysis).parts, [1, 2]);

        await refused(technician.collection("equipment_photos").delete(photo.id), 404);
        await dispatcher.collection("equipment_photos").delete(photo.id);
        assert.equal((await fetch(technician.files.getURL(photo, photo.file))).status, 404);
    });

    test("a photo is described by the server", async (t) => {
        if (skipped()) {
            return t.skip(skipped());
        }
        const photos = technician.collection("equipment_photos");
        const photo = await photos.create(form("Pompa ciepła.png", "text/plain", PNG));
        assert.equal(photo.filename, "Pompa ciepła.png");
        assert.equal(photo.filesize, PNG.length);
        assert.equal(photo.mimetype, "image/png");
    });

    test("a photo is a picture", async () => {
        const photos = technician.collection("equipment_photos");
        const text = await refused(photos.create(form("photo.png", "image/png", "text")), 400);
        assert.equal(codes(text).file, "validation_invalid_mime_type");
        const none = await refused(photos.create({ jobId: work.id, contactId: contact.id }), 400);
        assert.equal(codes(none).file, "validation_required");
    });

    test("an invoice is protected, its amount and status for the office", async () => {
        const data = form("fv-1.pdf", "application/pdf", "%PDF-1.4\n%%EOF\n");
        data.append("status", "pending");
        data.append("totalAmount", "1230.50");
        const invoice = await technician.collection("invoices").create(data);
        assert.equal(invoice.totalAmount, 1230.5);
        assert.equal((await fetch(technician.files.getURL(invoice, invoice.file))).status, 404);
        await refused(technician.collection("invoices").update(invoice.id, { status: "paid" }), 404);
        const paid = await dispatcher.collection("invoices").update(invoice.id, { status: "paid" });
        assert.equal(paid.status, "paid");
    });
});

describe("messages", () => {
    const alert = (data = {}) => ({
        type: "emergency_alert",
        data: JSON.stringify({ title: "Gas leak", at: { lat: 52.2, lng: 21 } }),
        targetUsers: ["all"],
        district: "Wola",
        priority: "urgent",
        ...data,
    });

    test("carry their data as text", async () => {
        const sent = await messages(dispatcher).create(alert());
        assert.equal(typeof sent.data, "string");
        const [received] = await messages(technician).getFullList({
            filter: technician.filter("type = 'emergency_alert' && district = {:district}", {
                district: "Wola",
            }),
            sort: "-created",
        });
        assert.equal(received.id, sent.id);
        assert.equal(JSON.parse(received.data).title, "Gas leak");
        assert.deepEqual(received.targetUsers, ["all"]);
    });

    test("reach whom they name", async () => {
        const own = alert({ type: "message", targetUsers: [self(technician)] });
        const { id } = await messages(dispatcher).create(own);
        assert.equal((await messages(technician).getOne(id)).id, id);
        await refused(messages(colleague).getOne(id), 404);
        await refused(messages(stranger).getOne(id), 404);
        await refused(messages(colleague).update(id, { processed: true }), 404);
    });

    test("are marked when they were handled", async () => {
        const open = { filter: "processed = false && type = 'job_update'" };
        const { id } = await messages(dispatcher).create(alert({ type: "job_update" }));
        assert.deepEqual(pluck(await messages(technician).getFullList(open), "id"), [id]);
        await messages(technician).update(id, { processed: true });
        assert.deepEqual(await messages(technician).getFullList(open), []);
    });

    test("tell where technicians are", async () => {
        await messages(technician).create(
            alert({
                type: "technician_location",
                data: JSON.stringify({ technicianId: self(technician), lat: 52.23, lng: 21.01 }),
                priority: "low",
            }),
        );
        const filter = dispatcher.filter("type = 'technician_location' && data ~ {:id}", {
            id: self(technician),
        });
        const [location] = await messages(dispatcher).getFullList({ filter });
        assert.equal(JSON.parse(location.data).lat, 52.23);
    });
});

test("the sync is for superusers, and foreign ids are unique", async () => {
    await refused(manager.collection("sync_outbox").getFullList(), 403);
    await root.collection("sync_outbox").create({
        target: "convex",
        entity: "contacts",
        recordId: contact.id,
        action: "update",
        payload: { name: "x" },
        status: "pending",
    });
    const [first, second] = [
        await contacts(dispatcher).create(customer({ externalId: "k57a" })),
        await contacts(dispatcher).create(customer()),
    ];
    assert.equal(first.externalId, "k57a");
    const twice = await refused(contacts(dispatcher).update(second.id, { externalId: "k57a" }), 400);
    assert.deepEqual(codes(twice), { externalId: "validation_not_unique" });
});
