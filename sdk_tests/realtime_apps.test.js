import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { guest, superuser, unsubscribeAll, user } from "./support/clients.js";
import { recorder, Stream } from "./support/events.js";
import { startServer } from "./support/server.js";

globalThis.EventSource = Stream;

let server;
let root;
let dispatcher;
let technicians;
let stranger;

before(async () => {
    server = await startServer({ apps: true });
    root = await superuser(server.url);
    const staff = (name, role) => user(root, `${name}@example.com`, { role, name });
    dispatcher = await staff("dispatcher", "dispatcher");
    technicians = [await staff("first", "technician"), await staff("second", "technician")];
    stranger = await user(root, "stranger@example.com");
});
afterEach(unsubscribeAll);
after(() => server?.stop());

const self = (pb) => pb.authStore.record.id;
const messages = (pb) => pb.collection("realtime_events");
const send = (pb, type, data, more) =>
    messages(pb).create({
        type,
        data: JSON.stringify(data),
        targetUsers: ["all"],
        priority: "urgent",
        ...more,
    });

/** Record what a client hears of messages, all of them or those of a filter. */
async function listen(pb, filter, params = {}) {
    const heard = recorder();
    await messages(pb).subscribe("*", heard, filter ? { filter: pb.filter(filter, params) } : {});
    return heard;
}

const contents = (events) => events.map((event) => JSON.parse(event.record.data));
const titles = (heard) => contents(heard.events).map(({ title }) => title);

describe("emergency alerts", () => {
    const ALERTS = "type = 'emergency_alert' && district = {:district}";

    test("of one district are chosen by the server", async () => {
        const [first, second] = technicians;
        const middle = await listen(first, ALERTS, { district: "Śródmieście" });
        const south = await listen(second, ALERTS, { district: "Praga-Południe" });
        const all = await listen(dispatcher);

        for (const district of ["Śródmieście", "Praga-Południe", "Wola", "Śródmieście"]) {
            await send(dispatcher, "emergency_alert", { title: `in ${district}` }, { district });
        }
        await send(dispatcher, "message", { title: "no alert" }, { district: "Śródmieście" });
        for (const district of ["Śródmieście", "Praga-Południe"]) {
            await send(dispatcher, "emergency_alert", { title: "the last" }, { district });
        }

        await Promise.all([middle.wait(3), south.wait(2), all.wait(7)]);
        assert.deepEqual(titles(middle), ["in Śródmieście", "in Śródmieście", "the last"]);
        assert.deepEqual(titles(south), ["in Praga-Południe", "the last"]);
        assert.deepEqual(titles(all), [
            "in Śródmieście", "in Praga-Południe", "in Wola", "in Śródmieście", "no alert",
            "the last", "the last",
        ]);
    });

    test("reach staff only, and whom they name", async () => {
        const [first, second] = technicians;
        const heard = {
            first: await listen(first),
            second: await listen(second),
            stranger: await listen(stranger),
            guest: await listen(guest(server.url)),
        };
        await send(dispatcher, "emergency_alert", { title: "one" }, { targetUsers: [self(first)] });
        await send(dispatcher, "emergency_alert", { title: "all" });
        await Promise.all([heard.first.wait(2), heard.second.wait(1)]);
        assert.deepEqual(titles(heard.first), ["one", "all"]);
        assert.deepEqual(titles(heard.second), ["all"]);
        assert.deepEqual([heard.stranger.events, heard.guest.events], [[], []]);
    });

    test("are heard again when they were handled", async () => {
        const heard = await listen(dispatcher, ALERTS, { district: "Wilanów" });
        const [technician] = technicians;
        const district = "Wilanów";
        const { id } = await send(dispatcher, "emergency_alert", { title: "leak" }, { district });
        await messages(technician).update(id, { processed: true });
        assert.deepEqual(
            (await heard.wait(2)).map((e) => [e.action, e.record.id, e.record.processed]),
            [["create", id, false], ["update", id, true]],
        );
    });
});

describe("the location of a technician", () => {
    const places = [[52.23, 21.01], [52.24, 21.02], [52.25, 21.03]];
    const move = (pb, [lat, lng], more) =>
        send(pb, "technician_location", { technicianId: self(pb), lat, lng }, {
            priority: "low", ...more,
        });

    test("is heard by the dispatcher, of all or of one technician", async () => {
        const [first, second] = technicians;
        const all = await listen(dispatcher, "type = 'technician_location'");
        const one = await listen(dispatcher, "type = 'technician_location' && data ~ {:id}", {
            id: self(first),
        });
        const none = await listen(stranger, "type = 'technician_location'");
        for (const place of places) {
            await move(first, place);
            await move(second, place);
        }
        await send(dispatcher, "message", { technicianId: self(first) });
        await move(first, [52.5, 21.5]);

        const [ofAll, ofOne] = [contents(await all.wait(7)), contents(await one.wait(4))];
        assert.deepEqual(
            ofOne.map(({ technicianId, lat, lng }) => [technicianId, lat, lng]),
            [...places, [52.5, 21.5]].map((place) => [self(first), ...place]),
        );
        assert.deepEqual(
            ofAll.filter(({ technicianId }) => technicianId === self(second)).length, 3,
        );
        assert.deepEqual(none.events, []);
    });

    test("is told to those it is meant for", async () => {
        const [first, second] = technicians;
        const [office, colleague] = [await listen(dispatcher), await listen(second)];
        await move(first, places[0], { targetUsers: [self(dispatcher)] });
        await move(first, places[1]);
        assert.deepEqual(contents(await office.wait(2)).map(({ lat }) => lat), [52.23, 52.24]);
        assert.deepEqual(contents(await colleague.wait(1)).map(({ lat }) => lat), [52.24]);
    });

    test("moves with the job, expanded and cut to what a map needs", async () => {
        const [technician] = technicians;
        const contact = await dispatcher.collection("contacts").create({
            name: "Jan Kowalski",
            email: "jan@example.com",
            phone: "+48 600 000 000",
            address: "ul. Nowa 1, Warszawa",
            district: "Wola",
            propertyType: "apartment",
        });
        const job = await dispatcher.collection("jobs").create({
            contactId: contact.id,
            title: "Repair",
            type: "repair",
            status: "scheduled",
            priority: "high",
            scheduledDate: new Date("2025-11-20T10:00:00Z"),
            estimatedDuration: 60,
            technicianId: self(technician),
        });
        const [heard, unheard] = [recorder(), recorder()];
        await stranger.collection("jobs").subscribe(job.id, unheard);
        await dispatcher.collection("jobs").subscribe(job.id, heard, {
            expand: "contactId", fields: "coordinates,status,expand.contactId.district",
        });
        const at = ([lat, lon]) => ({ lon, lat });
        for (const place of places) {
            await technician.collection("jobs").update(job.id, {
                status: "in_progress", coordinates: at(place),
            });
        }
        assert.deepEqual(
            (await heard.wait(3)).map((e) => e.record),
            places.map((place) => ({
                coordinates: at(place),
                status: "in_progress",
                expand: { contactId: { district: "Wola" } },
            })),
        );
        assert.deepEqual(unheard.events, []);
    });
});

describe("the queue", () => {
    test("shows users their own items and admins all, as they move", async () => {
        const admin = await user(root, "admin@example.com", { is_admin: true });
        const owner = await user(root, "owner@example.com");
        const other = await user(root, "other@example.com");
        const queue = (pb) => pb.collection("queue");
        const clients = [owner, other, admin];
        const heard = clients.map(() => recorder());
        for (const [index, pb] of clients.entries()) {
            await queue(pb).subscribe("*", (e) => {
                if (e.action !== "update" || e.record.status === "processing") {
                    heard[index](e); // and not that it moved up
                }
            });
        }
        const [OWNER, OTHER, ADMIN] = [0, 1, 2];
        const counts = [0, 0, 0];
        // PocketBase may tell of a deletion before it tells of the update: one thing at a time.
        const heardBy = async (indexes, done) => {
            const result = await done;
            for (const index of indexes) {
                await heard[index].wait((counts[index] += 1));
            }
            return result;
        };
        const enqueue = (pb, meeting_id) =>
            queue(pb).create({ user_id: self(pb), meeting_id, status: "pending" });

        const a = await heardBy([OWNER, ADMIN], enqueue(owner, "a"));
        const b = await heardBy([OTHER, ADMIN], enqueue(other, "b"));
        const c = await heardBy([OWNER, ADMIN], enqueue(owner, "c"));
        await heardBy([OTHER, ADMIN], queue(admin).update(b.id, { status: "processing" }));
        await heardBy([OTHER, ADMIN], queue(admin).delete(b.id));
        await heardBy([OWNER, ADMIN], queue(admin).delete(c.id));
        await heardBy([OWNER, ADMIN], queue(admin).delete(a.id));

        const shown = heard.map(({ events }) =>
            events.map((e) => `${e.action} ${e.record.meeting_id}`),
        );
        assert.deepEqual(shown[OWNER], ["create a", "create c", "delete c", "delete a"]);
        assert.deepEqual(shown[OTHER], ["create b", "update b", "delete b"]);
        assert.deepEqual(shown[ADMIN], [
            "create a", "create b", "create c", "update b", "delete b", "delete c", "delete a",
        ]);
    });
});
