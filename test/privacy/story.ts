/** Everything that can happen to an event, happening to people made of canaries, in real processes. */
import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { got, type Got } from 'got';
import { z } from 'zod';
import type { PayloadKeyRing } from '../../config/payload-keys.js';
import { createTokens } from '../../gateway/tokens.js';
import { discard, release, replace, type CommandResult } from '../../scripts/recipes/parked-events.js';
import { connectGateway } from '../../scripts/recipes/gateway-client.js';
import { createEncryptionCodec } from '../../workers/codec/payload-codec.js';
import { acceptedEvent } from '../support/events.js';
import type { ScriptedServer } from '../support/scripted-server.js';
import { CLIENT, PERSON_HASH_KEY, type TestStage } from '../support/stage.js';
import { PERSONAL, placeOf, SECRETS, type Place } from './canaries.js';
import { addressOf, bodyOf } from './people.js';
