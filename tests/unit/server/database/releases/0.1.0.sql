BEGIN TRANSACTION;
CREATE TABLE api_tokens (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	last_access TEXT, 
	expires_at TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (hash)
);
CREATE TABLE counters (
	name TEXT NOT NULL, 
	value INTEGER NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "counters" VALUES('seq',6);
CREATE TABLE groups (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	title TEXT NOT NULL, 
	type TEXT NOT NULL, 
	is_organization BOOLEAN NOT NULL, 
	state TEXT NOT NULL, 
	created TEXT NOT NULL, 
	doc TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "groups" VALUES('c5fd0b72-80a2-4c73-adb7-db4876e852bb','aime','Aime-la-Plagne','organization',1,'active','2026-11-25T22:27:24.536040','{"approval_status":"approved","created":"2026-11-25T22:27:24.536040","description":"","extras":[{"key":"insee","value":"73006"}],"id":"c5fd0b72-80a2-4c73-adb7-db4876e852bb","image_url":"","is_organization":true,"name":"aime","state":"active","title":"Aime-la-Plagne","type":"organization"}','{"id":"c5fd0b72-80a2-4c73-adb7-db4876e852bb","name":"aime","title":"Aime-la-Plagne","type":"organization","description":"","image_url":"","created":"2026-11-25T22:27:24.536040","is_organization":true,"approval_status":"approved","state":"active"}');
INSERT INTO "groups" VALUES('f99efc99-189a-460a-8642-50d7f4138d67','finances','Finances','group',0,'active','2026-11-25T22:27:24.541634','{"approval_status":"approved","created":"2026-11-25T22:27:24.541634","description":"","extras":[],"id":"f99efc99-189a-460a-8642-50d7f4138d67","image_url":"","is_organization":false,"name":"finances","state":"active","title":"Finances","type":"group"}','{"id":"f99efc99-189a-460a-8642-50d7f4138d67","name":"finances","title":"Finances","type":"group","description":"","image_url":"","created":"2026-11-25T22:27:24.541634","is_organization":false,"approval_status":"approved","state":"active"}');
CREATE TABLE members (
	group_id TEXT NOT NULL, 
	object_type TEXT NOT NULL, 
	object_id TEXT NOT NULL, 
	capacity TEXT NOT NULL, 
	PRIMARY KEY (group_id, object_type, object_id)
);
INSERT INTO "members" VALUES('c5fd0b72-80a2-4c73-adb7-db4876e852bb','user','44346cfe-15dc-46ee-bfd5-dfbac728c4e3','admin');
INSERT INTO "members" VALUES('f99efc99-189a-460a-8642-50d7f4138d67','user','44346cfe-15dc-46ee-bfd5-dfbac728c4e3','admin');
INSERT INTO "members" VALUES('c5fd0b72-80a2-4c73-adb7-db4876e852bb','user','23dc544f-515c-4e9d-a2ba-6b1297f0c1d9','editor');
INSERT INTO "members" VALUES('f99efc99-189a-460a-8642-50d7f4138d67','package','715c18cf-6b92-4f7f-9de4-0651112ed14d','public');
CREATE TABLE migrations (
	name TEXT NOT NULL, 
	applied_at TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "migrations" VALUES('m001_catalogue','2026-11-25T22:27:24.472294');
CREATE TABLE package_tags (
	package_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (package_id, name)
);
INSERT INTO "package_tags" VALUES('715c18cf-6b92-4f7f-9de4-0651112ed14d','budget');
INSERT INTO "package_tags" VALUES('715c18cf-6b92-4f7f-9de4-0651112ed14d','finances');
CREATE TABLE packages (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	title TEXT NOT NULL, 
	type TEXT NOT NULL, 
	state TEXT NOT NULL, 
	private BOOLEAN NOT NULL, 
	owner_org TEXT, 
	creator_user_id TEXT, 
	metadata_modified TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "packages" VALUES('715c18cf-6b92-4f7f-9de4-0651112ed14d','budget-2025','Budget 2025','dataset','active',0,'c5fd0b72-80a2-4c73-adb7-db4876e852bb','44346cfe-15dc-46ee-bfd5-dfbac728c4e3','2026-11-25T22:27:24.896164',2,'{"author":null,"author_email":null,"maintainer":null,"maintainer_email":null,"license_id":null,"notes":"Les délibérations du budget","url":null,"version":null,"creator_user_id":"44346cfe-15dc-46ee-bfd5-dfbac728c4e3","extras":[],"id":"715c18cf-6b92-4f7f-9de4-0651112ed14d","isopen":false,"license_title":null,"metadata_created":"2026-11-25T22:27:24.875512","metadata_modified":"2026-11-25T22:27:24.896164","name":"budget-2025","num_tags":2,"owner_org":"c5fd0b72-80a2-4c73-adb7-db4876e852bb","private":false,"relationships_as_object":[],"relationships_as_subject":[],"state":"active","tags":[{"display_name":"budget","id":"da89e598-a303-5473-90ee-e4aaeed11c3b","name":"budget","state":"active","vocabulary_id":null},{"display_name":"finances","id":"e3fc21e2-97f0-57e0-a392-99e9e9b745ec","name":"finances","state":"active","vocabulary_id":null}],"title":"Budget 2025","type":"dataset"}');
INSERT INTO "packages" VALUES('3c2fbf77-91bd-4975-bcce-83e1e94e220e','efface','efface','dataset','deleted',0,'c5fd0b72-80a2-4c73-adb7-db4876e852bb','44346cfe-15dc-46ee-bfd5-dfbac728c4e3','2026-11-25T22:27:24.904533',4,'{"author":null,"author_email":null,"maintainer":null,"maintainer_email":null,"license_id":null,"notes":null,"url":null,"version":null,"creator_user_id":"44346cfe-15dc-46ee-bfd5-dfbac728c4e3","extras":[],"id":"3c2fbf77-91bd-4975-bcce-83e1e94e220e","isopen":false,"license_title":null,"metadata_created":"2026-11-25T22:27:24.902827","metadata_modified":"2026-11-25T22:27:24.904533","name":"efface","num_tags":0,"owner_org":"c5fd0b72-80a2-4c73-adb7-db4876e852bb","private":false,"relationships_as_object":[],"relationships_as_subject":[],"state":"deleted","tags":[],"title":"efface","type":"dataset"}');
CREATE TABLE purged (
	package_id TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	PRIMARY KEY (package_id)
);
INSERT INTO "purged" VALUES('13222a16-8c2d-47d0-b1d2-06c29238c39d',6);
CREATE TABLE resources (
	id TEXT NOT NULL, 
	package_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	blob TEXT, 
	blob_name TEXT, 
	original TEXT, 
	original_name TEXT, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "resources" VALUES('1d0ca28f-31b2-479a-a996-08b58c7a4789','715c18cf-6b92-4f7f-9de4-0651112ed14d',0,'403bea5152c251c5bc7ef420d824d191605723f99392e83a0549ad58c6d46291','budget.csv',NULL,NULL,'{"cache_last_updated":null,"cache_url":null,"created":"2026-11-25T22:27:24.895441","description":null,"format":"CSV","hash":"403bea5152c251c5bc7ef420d824d191605723f99392e83a0549ad58c6d46291","id":"1d0ca28f-31b2-479a-a996-08b58c7a4789","last_modified":"2026-11-25T22:27:24.895441","metadata_modified":"2026-11-25T22:27:24.895441","mimetype":"text/csv","mimetype_inner":null,"name":"Budget","package_id":"715c18cf-6b92-4f7f-9de4-0651112ed14d","position":0,"resource_type":null,"size":8,"state":"active","url":"﷐/dataset/715c18cf-6b92-4f7f-9de4-0651112ed14d/resource/1d0ca28f-31b2-479a-a996-08b58c7a4789/download/budget.csv","url_type":"upload"}');
CREATE TABLE users (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	email TEXT, 
	password_hash TEXT, 
	sysadmin BOOLEAN NOT NULL, 
	state TEXT NOT NULL, 
	created TEXT NOT NULL, 
	last_active TEXT, 
	fullname TEXT, 
	about TEXT, 
	image_url TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "users" VALUES('44346cfe-15dc-46ee-bfd5-dfbac728c4e3','odl-host',NULL,NULL,1,'active','2026-11-25T22:27:24.483847',NULL,'odl-host',NULL,NULL);
INSERT INTO "users" VALUES('23dc544f-515c-4e9d-a2ba-6b1297f0c1d9','claire','claire@example.org','$argon2id$v=19$m=65536,t=3,p=4$m4RGuWGm/AGNASvuwWv7Sg$ifdewmzdqFNV5Yt6X2D19rDZx8Gb9hZ58mEn3Hc4Yps',0,'active','2026-11-25T22:27:24.552018',NULL,'Claire Martin',NULL,NULL);
CREATE INDEX packages_of_organization ON packages (owner_org, state, private);
CREATE INDEX packages_of_creator ON packages (creator_user_id);
CREATE INDEX packages_listed ON packages (state, private, name);
CREATE INDEX packages_changed ON packages (seq);
CREATE INDEX resources_of_package ON resources (package_id, position);
CREATE INDEX groups_listed ON groups (is_organization, state, title);
CREATE INDEX members_of_object ON members (object_id, object_type);
CREATE INDEX packages_of_tag ON package_tags (name, package_id);
CREATE INDEX purged_changed ON purged (seq);
CREATE INDEX users_by_email ON users (email);
CREATE INDEX tokens_of_user ON api_tokens (user_id);
COMMIT;
