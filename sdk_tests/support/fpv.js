/**
 * Events of FPVTrackside as records: its JSON files in, records through the SDK out.
 *
 * An event is `{ event, pilots, channels, rounds, races, results }`, each as the file says it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = "fpvtrackside";
const NOBODY = "00000000-0000-0000-0000-000000000000";
const WRITES_AT_ONCE = 8;

/** Upstream keys by collection; what is not named here is kept in `extra`. */
const PLAIN = {
    events: [
        "Name", "EventType", "Laps", "PBLaps", "PackLimit", "RaceLength", "MinStartDelay",
        "MaxStartDelay", "RaceStartIgnoreDetections", "MinLapTime", "PrimaryTimingSystemLocation",
        "ChannelColors", "ChannelDisplayNames", "Flags", "GameTypeName", "Enabled", "VisibleOnline",
        "SyncWithFPVTrackside", "SyncWithMultiGP", "Locked", "RulesLocked",
    ],
    rounds: [
        "Name", "RoundNumber", "Order", "EventType", "RoundType", "Valid", "PointSummary",
        "TimeSummary", "LapCountAfterRound", "SheetFormatFilename", "GameTypeName",
    ],
    pilots: [
        "Name", "Phonetic", "FirstName", "LastName", "SillyName", "DiscordID", "Aircraft",
        "CatchPhrase", "BestResult", "PracticePilot", "PhotoPath",
    ],
    channels: ["Number", "Frequency", "Band", "ShortBand", "ChannelPrefix", "DisplayName"],
    races: [
        "RaceNumber", "TargetLaps", "TotalPausedTime", "PrimaryTimingSystemLocation", "Valid",
        "AutoAssignNumbers", "Bracket",
    ],
    pilotChannels: [],
    detections: [
        "TimingSystemIndex", "Peak", "LapNumber", "TimingSystemType", "ValidityType", "Valid",
        "IsLapEnd", "IsHoleshot", "RaceSector",
    ],
    laps: ["LengthSeconds", "LapNumber"],
    gamePoints: ["Valid"],
    results: ["Points", "Position", "Valid", "DNF", "ResultType"],
};
const MOMENTS = ["Start", "End", "LastOpened", "ScheduledStart", "Time", "StartTime", "EndTime"];
const RENAMED = {
    PBLaps: "pbLaps",
    DNF: "dnf",
    DiscordID: "discordId",
    Locked: "locked",
    RulesLocked: "locked",
};
const RELATIONS = {
    Event: "events",
    Round: "rounds",
    Race: "races",
    Pilot: "pilots",
    Channel: "channels",
    Detection: "detections",
};
/** Lists and links that become records or relations of their own. */
const APART = [
    "ID", "ExternalID", "PilotChannels", "RemovedPilots", "Rounds", "Races", "Channels", "Track",
    "Detections", "Laps", "GamePoints",
];

/** Return the folder of sample events, or null: FPV_SAMPLE, else one beside the checkout. */
export function sampleFolder() {
    const beside = fileURLToPath(new URL("../../../shared/fpv-sample", import.meta.url));
    const folder = process.env.FPV_SAMPLE || beside;
    return existsSync(join(folder, "expected-counts.json")) ? folder : null;
}

/** Read the files of one event; a file that is absent or empty has no rows. */
export function readEvent(folder, eventId) {
    const place = join(folder, "events", eventId);
    const [event] = readRows(join(place, "Event.json"));
    return {
        event,
        pilots: readRows(join(place, "Pilots.json")),
        channels: readRows(join(folder, "httpfiles", "Channels.json")),
        rounds: readRows(join(place, "Rounds.json")),
        races: event.Races.flatMap((id) => readRows(join(place, id, "Race.json"))),
        results: [
            ...event.Races.flatMap((id) => readRows(join(place, id, "Result.json"))),
            ...readRows(join(place, "Results.json")),
        ],
    };
}

function readRows(path) {
    const text = existsSync(path) ? readFileSync(path, "utf8").replace(/^\uFEFF/, "") : "";
    return text ? JSON.parse(text) : [];
}

/** Write an event as the superuser; what the database has by its source key is left alone. */
export async function loadEvent(root, { event, pilots, channels, rounds, races, results }) {
    const target = new Target(root);
    await target.learn("pilots", "channels", "tracks");

    await target.save("events", [event]);
    await target.save("rounds", rounds, { event: event.ID });
    await target.save("pilots", pilots);
    await target.save("channels", channels);
    const removed = new Set(event.RemovedPilots);
    await eachOf(pilots, ({ ID }) =>
        root.collection("event_pilots").create({
            event: target.id("events", event.ID),
            pilot: target.id("pilots", ID),
            removed: removed.has(ID),
        }),
    );
    if (event.Track && event.Track !== NOBODY) {
        await target.save("tracks", [{ ID: event.Track }], { event: event.ID });
    }
    await root.collection("events").update(target.id("events", event.ID), {
        channels: event.Channels.map((id) => target.id("channels", id)),
        track: target.id("tracks", event.Track),
    });
    await target.save("pilotChannels", event.PilotChannels, { event: event.ID });

    await target.save("races", races);
    for (const race of races) {
        const owner = { event: event.ID, race: race.ID };
        await target.save("pilotChannels", race.PilotChannels, owner);
        await target.save("detections", race.Detections, owner);
        await target.save("laps", race.Laps, owner);
        await target.save("gamePoints", race.GamePoints ?? [], owner);
    }
    await target.save("results", results);
    return target.id("events", event.ID);
}

/** The records written so far: source id to record id, by collection. */
class Target {
    constructor(root) {
        this.root = root;
        this.ids = Object.fromEntries([...Object.keys(PLAIN), "tracks"].map((name) => [name, {}]));
    }

    /** Take over what the database has. */
    async learn(...names) {
        for (const name of names) {
            const known = await this.root.collection(name).getFullList({ fields: "id,sourceId" });
            for (const { id, sourceId } of known) {
                this.ids[name][sourceId] = id;
            }
        }
    }

    /** Return the record id of a source id; "" for nobody. */
    id(name, sourceId) {
        if (!sourceId || sourceId === NOBODY) {
            return "";
        }
        const id = this.ids[name][sourceId];
        if (!id) {
            throw new Error(`${name} ${sourceId} is referred to and missing`);
        }
        return id;
    }

    async save(name, rows, { event = "", race = "" } = {}) {
        const fresh = rows.filter(({ ID }) => !(ID in this.ids[name]));
        await eachOf(fresh, async (row) => {
            const body = this.body(name, row);
            if (event) {
                body.event = this.id("events", event);
            }
            if (race) {
                body.race = this.id("races", race);
            }
            this.ids[name][row.ID] = (await this.root.collection(name).create(body)).id;
        });
    }

    body(name, row) {
        const body = { source: SOURCE, sourceId: row.ID, externalId: row.ExternalID };
        const extra = {};
        for (const [key, value] of Object.entries(row)) {
            if (PLAIN[name]?.includes(key)) {
                body[fieldName(key)] = value === "\u0000" ? "" : value;
            } else if (MOMENTS.includes(key)) {
                body[fieldName(key)] = moment(value);
            } else if (key in RELATIONS) {
                body[fieldName(key)] = this.id(RELATIONS[key], value);
            } else if (!APART.includes(key)) {
                extra[key] = value;
            }
        }
        return Object.keys(extra).length ? { ...body, extra } : body;
    }
}

function fieldName(key) {
    return RENAMED[key] ?? key[0].toLowerCase() + key.slice(1);
}

/** Return `2025/09/07 9:55:11.7` as `2025-09-07 09:55:11.700Z`; year 1 means unset. */
export function moment(text) {
    const parts = /^(\d{4})\/(\d\d)\/(\d\d) (\d{1,2}):(\d\d):(\d\d)(?:\.(\d{1,3}))?$/.exec(text);
    if (!parts || parts[1] === "0001") {
        return "";
    }
    const [, year, month, day, hour, minute, second, fraction = ""] = parts;
    const time = `${hour.padStart(2, "0")}:${minute}:${second}.${fraction.padEnd(3, "0")}Z`;
    return `${year}-${month}-${day} ${time}`;
}

/** Do the work for each item, some of them at once. */
async function eachOf(items, work) {
    const waiting = [...items];
    const next = async () => {
        while (waiting.length) {
            await work(waiting.shift());
        }
    };
    await Promise.all(Array.from({ length: WRITES_AT_ONCE }, next));
}

/**
 * Return an event in upstream form: two pilots, one round, two valid races and an invalid one.
 * Each valid race is flown across ten o'clock, where unpadded hours would sort wrongly; `laps` is
 * the number of laps per pilot in the first race, its holeshot included.
 */
export function smallEvent({ name = "Small", laps = 3 } = {}) {
    const id = (kind, number) => `${name}-${kind}-${number}`;
    const common = { ExternalID: 0 };
    const pilots = ["Amber", "Brisk"].map((pilot, index) => ({
        Name: pilot,
        Phonetic: pilot,
        FirstName: null,
        DiscordID: `discord-${index}`,
        TimingSensitivityPercent: 100,
        ID: id("pilot", index),
        ...common,
    }));
    const channels = [1, 2, 3].map((number) => ({
        Number: number,
        Band: "Raceband",
        ShortBand: "R",
        ChannelPrefix: "\u0000",
        Frequency: 5658 + 37 * (number - 1),
        DisplayName: null,
        ID: `${number}`.padStart(8, "0") + NOBODY.slice(8),
        ...common,
    }));
    const round = { Name: "", RoundNumber: 1, Order: 100, EventType: "Race", Valid: true };
    const assign = (kind) =>
        pilots.map(({ ID }, index) => ({
            Pilot: ID,
            Channel: channels[index].ID,
            ID: id(`assignment-${kind}`, index),
            ...common,
        }));
    const races = [
        { number: 2, lapCount: 2, valid: true, end: "2025/09/07 10:20:00" },
        { number: 1, lapCount: laps, valid: true, end: "2025/09/07 10:05:00.5" },
        { number: 1, lapCount: 0, valid: false, end: "0001/01/01 0:00:00" },
    ].map(({ number, lapCount, valid, end }, index) => {
        const flown = pilots.flatMap((pilot, seat) =>
            Array.from({ length: lapCount }, (_, lap) => ({ pilot, seat, lap })),
        );
        const name = (kind, { seat, lap }) => id(`race-${index}-${kind}-${seat}`, lap);
        return {
            RaceNumber: number,
            TargetLaps: 4,
            Round: id("round", 0),
            Event: id("event", 0),
            Start: valid ? "2025/09/07 9:55:11.739" : "0001/01/01 0:00:00",
            End: end,
            TotalPausedTime: "00:00:00",
            Valid: valid,
            Bracket: "None",
            PilotChannels: assign(`race-${index}`),
            Detections: flown.map((one) => ({
                Pilot: one.pilot.ID,
                Channel: channels[one.seat].ID,
                Peak: -1,
                LapNumber: one.lap,
                Time: clock(one.lap),
                // One lap of the last pilot does not count.
                Valid: !(one.seat === 1 && one.lap === 1),
                IsLapEnd: true,
                IsHoleshot: one.lap === 0,
                ID: name("detection", one),
                ...common,
            })),
            Laps: flown.map((one) => ({
                Detection: name("detection", one),
                LengthSeconds: 6.0523497 + one.lap,
                LapNumber: one.lap,
                StartTime: clock(one.lap - 1),
                EndTime: clock(one.lap),
                ID: name("lap", one),
                ...common,
            })),
            ID: id("race", index),
            ...common,
        };
    });
    const results = pilots.map(({ ID }, index) => ({
        Points: 10 - index,
        Position: index ? -1 : 1,
        Valid: true,
        DNF: Boolean(index),
        Event: id("event", 0),
        Pilot: ID,
        Race: index ? NOBODY : races[0].ID,
        Round: id("round", 0),
        ResultType: index ? "RoundRollOver" : "Race",
        ID: id("result", index),
        ...common,
    }));
    const event = {
        Name: `${name} Event`,
        EventType: "Race",
        Start: "2025/09/07 0:00:00",
        End: "0001/01/01 0:00:00",
        Laps: 4,
        PilotChannels: assign("event"),
        RemovedPilots: [pilots[1].ID],
        Races: races.map(({ ID }) => ID),
        Channels: [channels[1].ID, channels[0].ID],
        ChannelColors: ["#FF0000", "#0000FF", "#00FF00"],
        ChannelDisplayNames: [null, "R1"],
        Club: NOBODY,
        Track: id("track", 0),
        ID: id("event", 0),
        ...common,
    };
    return {
        event,
        pilots,
        channels,
        rounds: [{ ...round, ID: id("round", 0), ...common }],
        races,
        results,
    };
}

/** Return the moment of a lap, ten seconds after the one before; the 30th is at ten o'clock. */
function clock(lap) {
    const seconds = 9 * 3600 + 55 * 60 + 11 + 10 * (lap + 1);
    const part = (value) => `${value}`.padStart(2, "0");
    const [hour, minute] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return `2025/09/07 ${hour}:${part(minute)}:${part(seconds % 60)}.5`;
}
