import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { codes, guest, pluck, refused, superuser } from "./support/clients.js";
import { loadEvent, moment, readEvent, sampleFolder, smallEvent } from "./support/fpv.js";
import { startServer } from "./support/server.js";

/**
 * Typed collections, as an editor and `tsc --checkJs` understand them.
 *
 * @typedef {import("pocketbase").RecordModel & { name: string, channels: string[] }} Event
 * @typedef {import("pocketbase").RecordModel & { raceNumber: number, valid: boolean }} Race
 * @typedef {import("pocketbase").RecordModel & { lapNumber: number, lengthSeconds: number }} Lap
 */

const LAPS = 520;

let server;
let root;
/** @type {import("pocketbase").default} */
let pb;
let eventId;

before(async () => {
    server = await startServer({ apps: true });
    root = await superuser(server.url);
    pb = guest(server.url);
    eventId = await loadEvent(root, smallEvent({ laps: LAPS }));
});
after(() => server?.stop());

const count = async (name, filter = "") =>
    (await pb.collection(name).getList(1, 1, { filter })).totalItems;

describe("an event", () => {
    test("is complete", async () => {
        const found = {};
        for (const name of COLLECTIONS) {
            found[name] = await count(name);
        }
        assert.deepEqual(found, {
            events: 1,
            rounds: 1,
            pilots: 2,
            event_pilots: 2,
            channels: 3,
            tracks: 1,
            races: 3,
            pilotChannels: 8,
            detections: 2 * LAPS + 4,
            laps: 2 * LAPS + 4,
            gamePoints: 0,
            results: 2,
        });
    });

    test("is found by its id at the source", async () => {
        /** @type {import("pocketbase").RecordService<Event>} */
        const events = pb.collection("events");
        const event = await events.getFirstListItem(
            pb.filter("sourceId = {:id}", { id: "Small-event-0" }),
            { expand: "channels,track" },
        );
        assert.equal(event.id, eventId);
        assert.equal(event.name, "Small Event");
        assert.equal(event.start, "2025-09-07 00:00:00.000Z");
        assert.equal(event.end, "");
        assert.deepEqual(event.channelColors, ["#FF0000", "#0000FF", "#00FF00"]);
        assert.deepEqual(event.channelDisplayNames, [null, "R1"]);
        assert.deepEqual(pluck(event.expand.channels, "number"), [2, 1], "in upstream order");
        assert.equal(event.expand.track.event, eventId);
        assert.deepEqual(Object.keys(event.extra), ["Club"]);
    });

    test("== is no operator", async () => {
        await refused(pb.collection("events").getList(1, 1, { filter: 'sourceId=="x"' }), 400);
    });

    test("lists its pilots", async () => {
        const roster = await pb.collection("event_pilots").getFullList({
            filter: pb.filter("event = {:eventId}", { eventId }),
            expand: "pilot",
            sort: "pilot.name",
        });
        assert.deepEqual(pluck(pluck(pluck(roster, "expand"), "pilot"), "name"), ["Amber", "Brisk"]);
        assert.deepEqual(pluck(roster, "removed"), [false, true]);
        const filter = `event_pilots_via_pilot.event ?= "${eventId}"`;
        assert.equal(await count("pilots", filter), 2);
    });

    test("keeps personal ids for superusers", async () => {
        const [shown] = await pb.collection("pilots").getFullList({ sort: "name" });
        assert.equal("discordId" in shown, false);
        const [full] = await root.collection("pilots").getFullList({ sort: "name" });
        assert.equal(full.discordId, "discord-0");
        assert.deepEqual(full.extra, { TimingSensitivityPercent: 100 });
    });

    test("orders valid races by round and number", async () => {
        /** @type {import("pocketbase").RecordService<Race>} */
        const races = pb.collection("races");
        const list = await races.getFullList({ filter: "valid = true", sort: "round.order,raceNumber" });
        assert.deepEqual(pluck(list, "raceNumber"), [1, 2]);
    });

    test("has default channels and those of the heats", async () => {
        assert.equal(await count("pilotChannels", "race = ''"), 2);
        assert.equal(await count("pilotChannels", "race != ''"), 6);
    });
});

describe("a race", () => {
    test("brings its laps and detections", async () => {
        const race = await pb
            .collection("races")
            .getFirstListItem('sourceId = "Small-race-0"', {
                expand: "laps_via_race,detections_via_race,round",
            });
        assert.equal(race.expand.laps_via_race.length, 4);
        assert.equal(race.expand.detections_via_race.length, 4);
        assert.equal(race.expand.round.order, 100);
        assert.equal(race.start, "2025-09-07 09:55:11.739Z");
    });

    test("brings at most 1,000 of each, while lists bring all", async () => {
        const race = await pb
            .collection("races")
            .getFirstListItem('sourceId = "Small-race-1"', {
                expand: "laps_via_race,detections_via_race",
            });
        assert.equal(race.expand.laps_via_race.length, 1000);
        assert.equal(race.expand.detections_via_race.length, 1000);
        /** @type {import("pocketbase").RecordService<Lap>} */
        const laps = pb.collection("laps");
        const filter = pb.filter("race = {:id}", { id: race.id });
        const all = await laps.getFullList({ filter, sort: "lapNumber", batch: 1000 });
        assert.equal(all.length, 2 * LAPS);
        assert.equal(new Set(pluck(all, "id")).size, all.length);
        assert.equal(all.at(-1).lapNumber, LAPS - 1);
        assert.equal(all[0].lengthSeconds, 6.0523497);
        assert.equal((await laps.getFullList({ filter, batch: 200 })).length, all.length);
    });

    test("sorts detections by time across ten o'clock", async () => {
        const filter = 'race.sourceId = "Small-race-1"';
        const list = await pb.collection("detections").getFullList({ filter, sort: "time,lapNumber" });
        const numbers = pluck(list, "lapNumber");
        assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
        assert.ok(pluck(list, "time").some((time) => time.includes(" 09:")));
        assert.ok(pluck(list, "time").some((time) => time.includes(" 10:")));
    });

    test("shows the laps that count in one request", async () => {
        const filter = 'race.sourceId = "Small-race-0"';
        const list = await pb.collection("processed_laps").getFullList({
            filter,
            sort: "pilot.name,lapNumber",
            expand: "pilot",
        });
        assert.deepEqual(
            list.map((lap) => [lap.expand.pilot.name, lap.lapNumber, lap.isHoleshot]),
            [["Amber", 0, true], ["Amber", 1, false], ["Brisk", 0, true]],
        );
    });

    test("tells what changed since", async () => {
        const [lap] = await pb.collection("laps").getFullList({ sort: "-updated", batch: 1000 });
        const changed = await root.collection("laps").update(lap.id, { lengthSeconds: 7 });
        const filter = pb.filter("updated > {:since}", { since: lap.updated });
        assert.deepEqual(pluck(await pb.collection("laps").getFullList({ filter }), "id"), [
            changed.id,
        ]);
    });
});

describe("everybody", () => {
    test("reads, and only superusers write", async () => {
        for (const name of COLLECTIONS) {
            const { items } = await pb.collection(name).getList(1, 1);
            await refused(pb.collection(name).create({}), 403);
            if (items.length) {
                await refused(pb.collection(name).update(items[0].id, {}), 403);
                await refused(pb.collection(name).delete(items[0].id), 403);
            }
        }
        await refused(pb.collection("server_settings").getFullList(), 403);
        await refused(pb.collection("ingest_targets").getFullList(), 403);
    });

    test("reads the shared state that superusers write", async () => {
        const value = JSON.stringify({ order: 1 });
        const body = { namespace: "race", key: "currentOrder", value, event: eventId };
        await root.collection("client_kv").create(body);
        const again = await refused(root.collection("client_kv").create(body), 400);
        assert.deepEqual(codes(again), {
            namespace: "validation_not_unique",
            event: "validation_not_unique",
            key: "validation_not_unique",
        });
        const state = await pb.collection("client_kv").getFirstListItem('key = "currentOrder"');
        assert.deepEqual(JSON.parse(state.value), { order: 1 });
    });
});

test("a deleted event takes along what belongs to it", async () => {
    const id = await loadEvent(root, smallEvent({ name: "Gone", laps: 2 }));
    assert.equal(await count("laps", pb.filter("event = {:id}", { id })), 8);
    await root.collection("events").delete(id);
    for (const name of ["rounds", "races", "laps", "detections", "results", "event_pilots"]) {
        assert.equal(await count(name, 'sourceId ~ "Gone"'.replace("sourceId", key(name))), 0);
    }
    assert.equal(await count("pilots", 'sourceId ~ "Gone"'), 2);
    const [track] = await pb.collection("tracks").getFullList({ filter: 'sourceId ~ "Gone"' });
    assert.equal(track.event, "");
});

const key = (name) => (name === "event_pilots" ? "event.sourceId" : "sourceId");

test("upstream dates", () => {
    assert.equal(moment("2025/09/07 9:55:11.739"), "2025-09-07 09:55:11.739Z");
    assert.equal(moment("2025/08/31 13:03:01.43"), "2025-08-31 13:03:01.430Z");
    assert.equal(moment("2025/08/31 0:00:00"), "2025-08-31 00:00:00.000Z");
    assert.equal(moment("0001/01/01 0:00:00"), "");
});

const COLLECTIONS = [
    "events", "rounds", "pilots", "event_pilots", "channels", "tracks", "races", "pilotChannels",
    "detections", "laps", "gamePoints", "results",
];

const folder = sampleFolder();

describe("the sample events", { skip: folder ? false : "FPV_SAMPLE names no folder" }, () => {
    const expected = folder && JSON.parse(readFileSync(join(folder, "expected-counts.json"), "utf8"));
    let sample;
    before(async () => {
        sample = await startServer({ apps: true });
    });
    after(() => sample?.stop());

    for (const name of ["tiny", "small", "large"]) {
        test(name, async () => {
            const { eventId: sourceId, afterFull, breakdown, ...more } = expected.events[name];
            const event = readEvent(folder, sourceId);
            const id = await loadEvent(await superuser(sample.url), event);
            const reader = guest(sample.url);
            const total = async (collection, ...filters) => {
                const filter = [`event = "${id}"`, ...filters].join(" && ");
                return (await reader.collection(collection).getList(1, 1, { filter })).totalItems;
            };

            const { totalItems: channels } = await reader.collection("channels").getList(1, 1);
            const found = { events: 1, pilots: await total("event_pilots"), channels };
            for (const collection of Object.keys(afterFull)) {
                found[collection] ??= await total(collection);
            }
            assert.deepEqual(found, afterFull);

            assert.deepEqual(
                {
                    "pilotChannels.eventLevel": await total("pilotChannels", "race = ''"),
                    "pilotChannels.raceLevel": await total("pilotChannels", "race != ''"),
                    "races.valid": await total("races", "valid = true"),
                    "races.invalid": await total("races", "valid = false"),
                    "races.started": await total("races", "start != ''"),
                    "detections.valid": await total("detections", "valid = true"),
                    "detections.lapEnd": await total("detections", "isLapEnd = true"),
                    "laps.holeshot": await total("laps", "lapNumber = 0"),
                    "laps.processed": await total("processed_laps"),
                    "event_pilots.removed": await total("event_pilots", "removed = true"),
                    "results.eventLevel": await total("results", "race = ''"),
                },
                breakdown,
            );

            const laps = await reader
                .collection("laps")
                .getFullList({ filter: `event = "${id}"`, batch: 1000 });
            const seconds = pluck(laps, "lengthSeconds");
            assert.equal(Math.min(...seconds), more.lapSeconds.min);
            assert.equal(Math.max(...seconds), more.lapSeconds.max);
            const sum = seconds.reduce((one, other) => one + other, 0);
            assert.ok(Math.abs(sum - more.lapSeconds.sum) < 1e-4, `${sum}`);

            const races = await reader.collection("races").getFullList({
                filter: `event = "${id}"`,
                sort: "round.order,raceNumber",
                expand: "laps_via_race,detections_via_race,gamePoints_via_race,pilotChannels_via_race",
            });
            const valid = races.filter((race) => race.valid);
            assert.deepEqual(pluck(valid, "sourceId"), more.raceOrder);
            const active = valid.filter((race) => race.start && !race.end);
            assert.deepEqual(pluck(active, "sourceId"), more.activeRaces);
            const size = (race, part) => race.expand?.[`${part}_via_race`]?.length ?? 0;
            for (const race of races) {
                const { raceNumber, ...parts } = more.races[race.sourceId];
                assert.equal(race.raceNumber, raceNumber);
                for (const [part, length] of Object.entries(parts)) {
                    assert.equal(size(race, part), length, `${part} of ${race.sourceId}`);
                }
            }
        });
    }

    test("all three together", async () => {
        const reader = guest(sample.url);
        const found = {};
        for (const name of COLLECTIONS) {
            found[name] = (await reader.collection(name).getList(1, 1)).totalItems;
        }
        assert.deepEqual(found, expected.tinySmallLargeTogether);
    });
});
