/** Every table of the platform. A new entity is added here, and the migration is made again. */
import { AuditEntry } from './audit.ts';
import { Event } from './event.ts';
import { Organization, OrganizationLog } from './organization.ts';

export const ENTITIES = [Organization, OrganizationLog, AuditEntry, Event];
